import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { SHELLS, type Shell } from '../../../../scripts/cli/completion/scripts';
import { onPath } from '../../../../scripts/dev/on-path';
import { scratchFolder } from '../../../engines/scratch';
import { runDaybreak } from '../run-daybreak';

const root = scratchFolder();
const program = join(root, 'bin', 'daybreak');
/** What `daybreak completion` prints. */
const scripts: Record<Shell, string> = { bash: '', zsh: '', fish: '' };

beforeAll(async () => {
  await mkdir(join(root, 'bin'));
  await mkdir(join(root, 'a folder'));
  await writeFile(join(root, 'a file'), '');
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${resolve('scripts/daybreak.mjs')}' "$@"\n`, {
    mode: 0o755,
  });
  for (const shell of SHELLS) scripts[shell] = (await runDaybreak(['completion', shell])).stdout;
});

function pathOf(shell: Shell): string {
  const path = onPath(shell);
  if (path === undefined) throw new Error(`no ${shell}: install Debian’s package ${shell}; npm test does it as root`);
  return path;
}

const linesOf = (output: string): string[] => output.split('\n').filter((line) => line !== '');

/** Runs a program of a shell, after the script that `daybreak completion` prints for it. */
async function lines(shell: Shell, after: string): Promise<string[]> {
  const path = pathOf(shell);
  const env = {
    ...{ PATH: `${join(root, 'bin')}:${process.env['PATH'] ?? ''}`, HOME: root },
    DAYBREAK_PIPELINES: resolve('pipelines'),
  };
  const plain = { bash: ['--norc', '--noprofile'], zsh: ['-f'], fish: ['--no-config'] }[shell];
  const before = { bash: '', zsh: 'autoload -U compinit; compinit -u -D\n', fish: '' }[shell];
  const { stdout, stderr } = await promisify(execFile)(path, [...plain, '-c', `${before}${scripts[shell]}\n${after}`], {
    env,
    cwd: root,
  });
  expect(stderr).toBe('');
  return linesOf(stdout);
}

const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(' ');

/** What the shell would offer for the last word, from our function as the shell calls it at a Tab. */
const OFFERED: Readonly<Record<Shell, (words: readonly string[]) => string>> = {
  // `compopt` works only at a Tab: here it shows what it was asked for.
  bash: (words) =>
    `compopt() { printf '%s\\n' "$*"; }; COMP_WORDS=(daybreak ${quoted(words)}); COMP_CWORD=${words.length}; ` +
    '_daybreak; printf "%s\\n" "${COMPREPLY[@]}"',
  zsh: (words) =>
    `compadd() { print -l -- "\${found[@]}"; }; compset() { [ $2 = 1 ] && PREFIX=\${PREFIX#$~3} || PREFIX=\${PREFIX##$~2}; }; ` +
    `_files() { print files "$@" "$PREFIX"; }; words=(daybreak ${quoted(words)}); ` +
    `CURRENT=${words.length + 1}; PREFIX=${quoted(words.slice(-1))}; _daybreak`,
  fish: (words) => `complete --do-complete '${['daybreak', ...words].join(' ').replaceAll("'", "\\'")}'`,
};

const namesOf = (offered: readonly string[]): string[] => offered.map((line) => line.split('\t')[0] ?? '');

describe.each(SHELLS)('in a real %s', (shell) => {
  it.each<[readonly string[], readonly string[]]>([
    [['spe'], ['speed']],
    [
      ['speed', 'st'],
      ['start', 'status', 'stop'],
    ],
    [
      ['speed', 'status', '--pipeline', ''],
      ['clicks', 'events', 'rides'],
    ],
    [['dlq', 'list', '--al'], ['--all']],
    [['worker', '--log', 'w'], ['warn']],
    [['batch', 'run', '--date', ''], []],
  ])('%j', async (words, expected) => {
    expect(namesOf(await lines(shell, OFFERED[shell](words))).sort()).toEqual(expected);
  });

  it('leaves files and folders to the shell', async () => {
    const offered = async (...words: string[]): Promise<string[]> => namesOf(await lines(shell, OFFERED[shell](words)));
    const expected = {
      bash: [['-o default'], ['-o dirnames'], ['-o default']],
      zsh: [['files a'], ['files -/ a'], ['files a']],
      fish: [['a file', 'a folder/'], ['a folder/'], ['--output=a file', '--output=a folder/']],
    }[shell];
    // bash makes three words of the last one.
    const joined = shell === 'bash' ? ['--output', '=', 'a'] : ['--output=a'];
    expect([
      await offered('report', '--output', 'a'),
      await offered('pipeline', 'check', 'a'),
      await offered('report', ...joined),
    ]).toEqual(expected);
  });

  if (shell === 'zsh') {
    it('gives it the whole path that has = in it', async () => {
      expect(await lines(shell, OFFERED[shell](['report', '--output=date=1/a']))).toEqual(['files date=1/a']);
    });
  }

  it('evaluates nothing of the command line', async () => {
    const hostile = `$(touch ${join(root, 'hostile')})`;
    const words = ['speed', 'status', '--pipeline', shell === 'fish' ? `'${hostile}'` : hostile, '--js'];
    expect(namesOf(await lines(shell, OFFERED[shell](words)))).toEqual(['--json']);
    expect(existsSync(join(root, 'hostile'))).toBe(false);
  });

  it('can be taken twice', async () => {
    expect(namesOf(await lines(shell, `${scripts[shell]}\n${OFFERED[shell](['spe'])}`))).toEqual(['speed']);
  });
});

/** The code of docs/operating.md that brings completion: what writes the script, and what the shell reads at its start. */
async function documented(shell: Shell): Promise<{ writing: string; start: string }> {
  const [, part = ''] = /^Tab completes ([\s\S]*?)^## /m.exec(await readFile('docs/operating.md', 'utf8')) ?? [];
  const [writing = '', start = ''] = [...part.matchAll(/^```\n([\s\S]*?)^```/gm)].map(([, code = '']) => code);
  return { writing: writing.replaceAll('bash', shell), start: start.replaceAll('bash', shell) };
}

it.each(SHELLS)(
  'completes in each new %s that reads the lines of docs/operating.md, wherever it starts',
  async (shell) => {
    const { writing, start } = await documented(shell);
    const home = join(root, `home-${shell}`);
    const repository = join(home, 'repository');
    const env = { PATH: process.env['PATH'], HOME: home, TERM: 'dumb', npm_config_update_notifier: 'false' };
    await mkdir(join(repository, 'node_modules/.bin'), { recursive: true });
    await copyFile(program, join(repository, 'node_modules/.bin/daybreak'));
    await promisify(execFile)('/bin/sh', ['-ec', writing], { env, cwd: repository });
    const file = join(home, { bash: '.bashrc', zsh: '.zshrc', fish: '.config/fish/config.fish' }[shell]);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${shell === 'zsh' ? 'autoload -U compinit; compinit -u -D\n' : ''}${start}`);

    const typed = `cd repository\n${OFFERED[shell](['spe'])}`;
    const { stdout, stderr } = await promisify(execFile)(pathOf(shell), ['-i', '-c', typed], { env, cwd: home });

    // bash says that it has no terminal.
    expect(linesOf(stderr).filter((line) => !/^bash: (cannot set terminal|no job control)/.test(line))).toEqual([]);
    expect(namesOf(linesOf(stdout))).toEqual(['speed']);
  },
);
