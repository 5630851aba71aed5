import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createBuildActivities } from '../../../../activities/batch/build-day';
import { createDruidClient } from '../../../../clients/druid';
import { commands } from '../../../../scripts/cli/commands';
import { pipelineLike, scratchFolder } from '../../../engines/scratch';

const root = scratchFolder();
const pipelines = join(root, 'pipelines');
const refused = { code: 'BAD_PIPELINE', what: expect.stringContaining('druid.datasource') as string };

beforeAll(async () => {
  await cp('pipelines/events', join(pipelines, 'events'), { recursive: true });
  const made = await pipelineLike('events', join(root, 'made'), {
    'pipeline.yaml': (yaml) => yaml.replace('name: events', 'name: again'),
  });
  await cp(made, join(pipelines, 'again'), { recursive: true });
  process.env['DAYBREAK_PIPELINES'] = pipelines;
});
afterAll(() => {
  delete process.env['DAYBREAK_PIPELINES'];
});

it.each([
  ['speed', 'start'],
  ['schedule', 'apply'],
])('%s %s refuses what shares a datasource before it asks a server', async (name, child) => {
  const args = [child, '--pipeline', 'again'];
  const command = commands().find((one) => one.name() === name);
  await expect(command?.parseAsync(args, { from: 'user' })).rejects.toMatchObject(refused);
});

it('the run of a day refuses it too: it would replace the other pipeline’s rows', async () => {
  const druid = createDruidClient({ coordinatorUrl: 'http://127.0.0.1:1', brokerUrl: 'http://127.0.0.1:1' });
  const inputSource = () => ({ type: 'local', files: [] }) as const;
  const activities = createBuildActivities({
    ...{ druid, pipelines, inputSource },
    kafkaOfDruid: { brokers: [] },
    data: join(root, 'data'),
  });
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const planned = environment.run(() => activities.planDay({ pipeline: 'again', date: '2026-11-21' }));
  await expect(planned).rejects.toMatchObject(refused);
});
