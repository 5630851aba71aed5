import { Command } from 'commander';
import { mkdir, writeFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { commands } from '../../../scripts/cli/commands';
import { pipelineOption } from '../../../scripts/cli/pipeline-option';
import { scratchFolder } from '../../engines/scratch';

const root = scratchFolder();
const before = { ...process.env };
afterEach(() => {
  process.env = { ...before };
});

/** The pipeline of a command line, beside a folder of pipelines with these names. */
async function chosen(names: readonly string[], args: readonly string[] = [], variable?: string): Promise<unknown> {
  const folder = join(root, randomUUID());
  await mkdir(join(folder, 'no-pipeline'), { recursive: true });
  for (const name of names) {
    await mkdir(join(folder, name));
    await writeFile(join(folder, name, 'pipeline.yaml'), '');
  }
  process.env['DAYBREAK_PIPELINES'] = folder;
  if (variable !== undefined) process.env['DAYBREAK_PIPELINE'] = variable;
  const command = new Command()
    .addOption(pipelineOption())
    .exitOverride()
    .configureOutput({ writeErr: () => '' });
  return command.parse(args, { from: 'user' }).opts()['pipeline'];
}

it('is the given one, then that of the variable, then the only one, then the example', async () => {
  expect(await chosen(['clicks', 'rides'], ['--pipeline', 'x'], 'y')).toBe('x');
  expect(await chosen(['clicks', 'rides'], [], 'y')).toBe('y');
  Reflect.deleteProperty(process.env, 'DAYBREAK_PIPELINE');
  expect(await chosen(['clicks'])).toBe('clicks');
  expect(await chosen(['clicks', 'events'])).toBe('events');
  expect(await chosen([])).toBe('events');
});

it('must be given where nothing says it', async () => {
  await expect(chosen(['clicks', 'rides'])).rejects.toMatchObject({
    code: 'commander.missingMandatoryOptionValue',
    message: expect.stringContaining('--pipeline <name>') as string,
  });
});

it('is the same for every command that takes the name of a pipeline', () => {
  const all = (command: Command): Command[] => [command, ...command.commands.flatMap(all)];
  const options = commands()
    .flatMap(all)
    .flatMap(({ options: own }) => own.filter(({ flags }) => flags === '--pipeline <name>'));
  expect(options.length).toBeGreaterThan(15);
  for (const { envVar, defaultValue } of options)
    expect([envVar, defaultValue]).toEqual(['DAYBREAK_PIPELINE', 'events']);
});
