import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseCommand } from '../../docs/parse-command';
import { scratchFolder } from '../../engines/scratch';

const FOLDERS = ['activities', 'clients', 'domain', 'engines', 'scripts', 'worker', 'workflows'];
/** What stands in a message for a value of the code. */
const VALUES: readonly (readonly [RegExp, string])[] = [
  [/^on$/, '--pipeline clicks --date 2026-11-21'],
  [/^options\.join/, '--force --accept EMPTY_DAY'],
  [/pipeline$|^name$/i, 'clicks'],
  [/folder$/, 'pipelines/clicks'],
  [/date$|from$|to$|^first$|^last$/, '2026-11-21'],
  [/^other$|^restore$/, '0123456789abcdef'],
  [/^check\.name$/, 'uid'],
  [/^base$|^given$/, ' --port-base 20000'],
  [/^shards$/, '2'],
];
/** A command ends at a bracket, comma, semicolon, full stop or quotation mark. What follows in a sentence is no part of it. */
const COMMAND = /npx daybreak ((?:\$\{(?:[^{}]|\{[^}]*\})*\}|[^`'"(),;:.\n$]|[:.](?=[\w$]))+)/g;

/** The demo has one pipeline, and runs commands that it makes. */
const DEMO = join('scripts', 'demo');

const found = FOLDERS.flatMap(sources)
  .filter((file) => !file.startsWith(DEMO))
  .flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(COMMAND)]
      .filter(({ index }) => !isComment(readFileSync(file, 'utf8'), index))
      .map(([, command = '']) => [command.trim(), file] as const),
  );

function sources(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file));
}

function isComment(text: string, index: number): boolean {
  return /^\s*(?:\*|\/\*|\/\/)/.test(text.slice(text.lastIndexOf('\n', index) + 1, index));
}

function filled(command: string): string {
  return command.replaceAll(/\$\{([^{}]*)\}/g, (whole, code: string) => {
    const value = VALUES.find(([pattern]) => pattern.test(code))?.[1];
    if (value === undefined) throw new Error(`no value for ${whole}`);
    return value;
  });
}

const before = { ...process.env };
const root = scratchFolder();
beforeAll(() => {
  // Neither is the only one or the example, so that a command must name its pipeline.
  for (const name of ['clicks', 'rides']) {
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'pipeline.yaml'), '');
  }
  process.env['DAYBREAK_PIPELINES'] = root;
});
afterAll(() => {
  process.env = { ...before };
});

it('finds the commands of remedies and hints', () => {
  expect(found.length).toBeGreaterThan(40);
});

it.each(found)('npx daybreak %s (%s) can be pasted for one of several pipelines', (command) => {
  parseCommand(filled(command).split(/\s+/));
});

it('notices a command without its pipeline', () => {
  expect(() => {
    parseCommand(['status']);
  }).toThrow('--pipeline');
});
