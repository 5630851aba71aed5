import { Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { commands } from '../../../scripts/cli/commands';
import { reportCommand } from '../../../scripts/cli/commands/report';
import { pipelineFolder, pipelineOption, withPipelineFolder } from '../../../scripts/cli/pipeline-option';
import { scratchFolder } from '../../engines/scratch';
import type { Ended } from './run-daybreak';
import { runMain } from './run-main';

const root = scratchFolder();
const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

/** Makes a folder of pipelines with these names, and sets the variables that lead to it. */
async function withPipelines(names: readonly string[], variable?: string): Promise<string> {
  const folder = join(root, randomUUID());
  await mkdir(join(folder, 'no-pipeline'), { recursive: true });
  for (const name of names) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'pipeline.yaml'), '');
  }
  process.env['DAYBREAK_PIPELINES'] = folder;
  Reflect.deleteProperty(process.env, 'DAYBREAK_PIPELINE');
  if (variable !== undefined) process.env['DAYBREAK_PIPELINE'] = variable;
  return folder;
}

/** The pipeline of a command line, beside a folder of pipelines with these names. */
async function chosen(names: readonly string[], args: readonly string[] = [], variable?: string): Promise<unknown> {
  await withPipelines(names, variable);
  const command = new Command()
    .addOption(pipelineOption())
    .exitOverride()
    .configureOutput({ writeErr: () => '' });
  return command.parse(args, { from: 'user' }).opts()['pipeline'];
}

it('is the given one, then that of the variable, then the only one, then the example', async () => {
  expect(await chosen(['clicks', 'rides'], ['--pipeline', 'x'], 'y')).toBe('x');
  expect(await chosen(['clicks', 'rides'], [], 'y')).toBe('y');
  expect(await chosen(['clicks'])).toBe('clicks');
  expect(await chosen(['clicks', 'events'])).toBe('events');
  expect(await chosen([])).toBe('events');
});

it('is what it is without the variable where that is empty', async () => {
  expect(await chosen(['clicks'], [], '')).toBe('clicks');
  expect(await folderOf([], ['clicks'], '')).toBe('<pipelines>/clicks');
  await expect(chosen(['clicks', 'rides'], [], '')).rejects.toThrow("required option '--pipeline <name>'");
});

it.each(['Clicks', 'other'])('names the variable that gives %s, which is no pipeline', async (name) => {
  const folder = await withPipelines(['clicks', 'rides']);
  const run = (args: readonly string[]): Promise<Ended> =>
    runMain(['pipeline', 'check', ...args], { DAYBREAK_PIPELINES: folder, DAYBREAK_PIPELINE: name });
  const { code, stderr } = await run([]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/^UNKNOWN_PIPELINE [^]*→ Correct DAYBREAK_PIPELINE/)]);
  expect((await run(['--pipeline', name])).stderr).not.toContain('DAYBREAK_PIPELINE,');
});

it('must be given where nothing says it', async () => {
  await expect(chosen(['clicks', 'rides'])).rejects.toMatchObject({
    code: 'commander.missingMandatoryOptionValue',
    message: expect.stringContaining('--pipeline <name>') as string,
  });
});

it('need not be given where a report has all pipelines', async () => {
  await withPipelines(['clicks', 'rides']);
  const shown: unknown[] = [];
  const report = async (...args: string[]): Promise<void> => {
    const command = reportCommand().action(({ pipeline, all }: { pipeline?: string; all: boolean }) => {
      shown.push([pipeline, all]);
    });
    command.exitOverride().configureOutput({ writeErr: () => '' });
    await command.parseAsync(args, { from: 'user' });
  };
  await report('--all');
  await report('--pipeline', 'rides');
  expect(shown).toEqual([
    [undefined, true],
    ['rides', false],
  ]);
  await expect(report()).rejects.toThrow("required option '--pipeline <name>' not specified, nor --all");
});

it('is a name, and the same for every command that has it', () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const options = commands()
    .flatMap(all)
    .flatMap(({ options: own }) => own.filter(({ long }) => long === '--pipeline'));
  expect(options.length).toBeGreaterThan(15);
  for (const { flags, envVar, defaultValue } of options)
    expect([flags, envVar, defaultValue]).toEqual(['--pipeline <name>', 'DAYBREAK_PIPELINE', 'events']);
});

/** The folder of a command line that takes a folder or a name, in a folder of pipelines with these names. */
async function folderOf(args: readonly string[], names = ['clicks', 'rides'], variable?: string): Promise<string> {
  let found = '';
  const folder = await withPipelines(names, variable);
  const command = withPipelineFolder(new Command()).action(
    async (given: string | undefined, _options: object, self: Command) => {
      found = await pipelineFolder(given, self);
    },
  );
  command.exitOverride().configureOutput({ writeErr: () => '' });
  await command.parseAsync(args, { from: 'user' });
  return found.replace(folder, '<pipelines>');
}

it('is a name for each command, and those that take folders take them beside it', async () => {
  expect(await folderOf(['--pipeline', 'rides'])).toBe('<pipelines>/rides');
  expect(await folderOf([], ['clicks'])).toBe('<pipelines>/clicks');
  expect(await folderOf(['elsewhere/own'])).toBe('elsewhere/own');
  expect(await folderOf(['elsewhere/own'], ['clicks', 'rides'], 'rides')).toBe('elsewhere/own');
  await expect(folderOf(['--pipeline', 'other'])).rejects.toMatchObject({
    code: 'UNKNOWN_PIPELINE',
    remedy: 'Use one of: clicks, no-pipeline, rides.',
  });
  await expect(folderOf(['elsewhere/own', '--pipeline', 'rides'])).rejects.toThrow('not both');
  await expect(folderOf([])).rejects.toThrow('give the name of the pipeline by --pipeline, or its folder');
});

it('may be a path, as it was of batch build', async () => {
  for (const path of ['pipelines/events', '/work/pipelines/events', '.', '..'])
    expect(await folderOf(['--pipeline', path])).toBe(path);
  const folder = await withPipelines(['rides']);
  const before = process.cwd();
  process.chdir(folder);
  try {
    expect(await folderOf(['--pipeline', 'rides'], ['clicks'])).toBe('rides');
    expect(await folderOf(['--pipeline', 'rides'])).toBe('<pipelines>/rides');
  } finally {
    process.chdir(before);
  }
});
