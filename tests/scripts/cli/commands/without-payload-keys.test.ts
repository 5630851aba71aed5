import { Client } from '@temporalio/client';
import { join } from 'node:path';
import { backfillId } from '../../../../domain/backfill';
import { parseBusinessDate } from '../../../../domain/business-date';
import { dailyBatchId } from '../../../../domain/daily-batch';
import { dateAttribute, pipelineAttribute } from '../../../../domain/search-attributes';
import { speedLayerId } from '../../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { loadPipeline } from '../../../../engines/load-pipeline';
import { applySchedules } from '../../../../scripts/operate/schedule/schedules';
import { startedByHand } from '../../../../scripts/operate/started-by-hand';
import { readConfig } from '../../../../worker/config';
import { dataConverterOf } from '../../../../worker/connect';
import { scratchFolder } from '../../../engines/scratch';
import { until } from '../../../workflows/environment';
import { localTemporal } from '../local-temporal';
import { runMain } from '../run-main';

const temporal = localTemporal();
const root = scratchFolder();
const KEYS = `any:${Buffer.alloc(32, 1).toString('base64')}`;
const OTHER_KEYS = `other:${Buffer.alloc(32, 2).toString('base64')}`;
const day = parseBusinessDate('2026-11-21');
const RANGE = ['--from', day, '--to', day];

let client: Client;

/** What somebody started whose processes have the keys. */
beforeAll(async () => {
  client = new Client({
    connection: temporal.client.connection,
    dataConverter: dataConverterOf(readConfig({ DAYBREAK_PAYLOAD_KEYS: KEYS })),
  });
  const start = (type: string, workflowId: string, more: object = {}) =>
    client.workflow.start(type, {
      ...{ taskQueue: TASK_QUEUES.batch, workflowId, args: [{ pipeline: 'events' }] },
      memo: startedByHand('by hand', { force: true }),
      typedSearchAttributes: [{ key: pipelineAttribute, value: 'events' }],
      ...more,
    });
  await start('speedLayer', speedLayerId('events'));
  await start('dailyBatch', dailyBatchId('events', day), {
    typedSearchAttributes: [
      { key: pipelineAttribute, value: 'events' },
      { key: dateAttribute, value: day },
    ],
  });
  const { pipeline } = await loadPipeline('pipelines/events');
  await applySchedules(client, pipeline, false);
  // Temporal lists a run a moment after its start.
  await until(async () => (await client.workflow.count(`DaybreakPipeline = 'events'`)).count >= 2);
});

const on = (args: readonly string[], keys?: string) =>
  runMain([...args, '--pipeline', 'events'], {
    ...temporal.variables,
    DAYBREAK_DATA: join(root, 'data'),
    ...(keys !== undefined && { DAYBREAK_PAYLOAD_KEYS: keys }),
  });

it.each([
  [['status']],
  [['report', '--output', join(root, 'report.html')]],
  [['speed', 'status']],
  [['speed', 'start']],
  [['speed', 'stop']],
  [['schedule', 'describe']],
  [['schedule', 'apply']],
  [['batch', 'run', '--date', '2026-11-20', '--no-wait']],
  [['backfill', ...RANGE]],
  [['backfill', ...RANGE, '--only', 'all', '--no-wait']],
])('says of %j what is not set, and what to do', async (args) => {
  const { code, stderr } = await on(args);
  // Nor is an error of the code shown. `speed start` also says that Druid is away.
  expect(stderr).toMatch(/^(Druid's compaction was not checked: .*\n)?BAD_CONFIGURATION /);
  expect(stderr).toContain(
    'BAD_CONFIGURATION what Temporal holds is encrypted, and DAYBREAK_PAYLOAD_KEYS is not set.\n' +
      '  → Set DAYBREAK_PAYLOAD_KEYS for every worker and every command, as it is where the run was started.\n',
  );
  expect(code).toBe(2);
});

it('names a key that it lacks, before it starts a run', async () => {
  const { code, stderr } = await on(['batch', 'run', '--date', '2026-11-20', '--no-wait'], OTHER_KEYS);
  expect(stderr).toMatch(/^BAD_CONFIGURATION .*key 'any', which DAYBREAK_PAYLOAD_KEYS does not have/);
  expect(code).toBe(2);
});

it('has started nothing', async () => {
  const { count } = await client.workflow.count(`DaybreakPipeline = 'events'`);
  expect(count).toBe(2);
  for (const id of [dailyBatchId('events', parseBusinessDate('2026-11-20')), backfillId('events', day, day)]) {
    await expect(client.workflow.getHandle(id).describe()).rejects.toThrow('not found');
  }
});
