import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { commands } from '../../../../scripts/cli/commands';
import { runMain } from '../run-main';
import { pipelineLike, scratchFolder } from '../../../engines/scratch';

const root = scratchFolder();
const check = (folder: string): Promise<unknown> | undefined =>
  commands()
    .find((one) => one.name() === 'pipeline')
    ?.parseAsync(['check', folder], { from: 'user' });

let shown: string;
beforeEach(() => {
  shown = '';
  for (const stream of [process.stdout, process.stderr]) {
    jest.spyOn(stream, 'write').mockImplementation((text) => {
      shown += String(text);
      return true;
    });
  }
});
afterEach(() => jest.restoreAllMocks());

it('refuses a pipeline that has the topics and the datasource of the folder beside it', async () => {
  const pipelines = join(root, 'copied');
  await cp('pipelines/events', join(pipelines, 'events'), { recursive: true });
  await check(join(pipelines, 'events'));
  expect(shown).toMatch(/events: every check passed, version [0-9a-f]{12}/);

  const made = await pipelineLike('events', join(root, 'made'), {
    'pipeline.yaml': (yaml) => yaml.replace('name: events', 'name: again'),
  });
  await cp(made, join(pipelines, 'again'), { recursive: true });
  for (const name of ['events', 'again']) {
    await expect(check(join(pipelines, name))).rejects.toMatchObject({ code: 'BAD_PIPELINE' });
  }
});

it('passes beside a pipeline whose settings are wrong, and names it', async () => {
  const pipelines = join(root, 'broken');
  await cp('pipelines/events', join(pipelines, 'events'), { recursive: true });
  await cp('pipelines/rides', join(pipelines, 'rides'), { recursive: true });
  await writeFile(join(pipelines, 'rides', 'pipeline.yaml'), 'name: [');
  await check(join(pipelines, 'events'));
  expect(shown).toContain(`! not compared with ${join(pipelines, 'rides', 'pipeline.yaml')}, which is wrong`);
  expect(shown).toContain('events: every check passed');
});

it('names in its JSON what failed, with code and remedy', async () => {
  const { code, stdout } = await runMain(['pipeline', 'check', 'pipelines/events', '--connect', '--json']);
  expect(code).toBe(1);
  const { failures } = JSON.parse(stdout) as { failures: Record<string, string>[] };
  expect(failures.map((failure) => Object.keys(failure))).toContainEqual(['code', 'what', 'remedy']);
  expect(failures.map((failure) => failure['code'])).toContain('DRUID_UNREACHABLE');
});
