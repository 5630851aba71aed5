import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRestoreActivities } from '../../activities/batch/kept-version';
import { createReconciliationActivities } from '../../activities/batch/store-reconciliation';
import { createDruidClient } from '../../clients/druid';
import type { BusinessDate } from '../../domain/business-date';
import type { DailyBatchResult, DayPlan } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { scratchFolder } from '../engines/scratch';

// A task queue can be given an activity by who starts no workflow of ours: its arguments are then what they like.

const root = scratchFolder();
const data = join(root, 'data');
/** Beside the data folder, where a name with two dots leads. */
const outside = join(root, 'outside');
const VERSION = '0123456789abcdef';
const DAY = '2026-11-21' as BusinessDate;

const nowhere = 'http://127.0.0.1:1';
const dependencies = {
  druid: createDruidClient({ coordinatorUrl: nowhere, brokerUrl: nowhere }),
  kafkaOfDruid: { brokers: [] },
  pipelines: join(root, 'pipelines'),
  data,
  inputSource: () => ({ type: 'local', files: [] }) as const,
};

beforeEach(async () => {
  for (const pipeline of [join(data, 'events'), outside]) {
    const version = join(pipeline, 'output', '.versions', DAY, VERSION);
    await mkdir(version, { recursive: true });
    await writeFile(join(version, '_manifest.json'), '{"hours":[],"inputs":[],"counts":{},"missingHours":[]}');
  }
});

async function refusal(work: () => Promise<unknown>): Promise<unknown> {
  const thrown: unknown = await work().catch((reason: unknown) => reason);
  if (thrown instanceof DaybreakError) return thrown.code;
  throw new Error(`not refused: ${String(thrown)}`);
}

const plan: DayPlan = {
  pipeline: 'events',
  date: DAY,
  timeZone: 'UTC',
  datasource: 'events',
  realtimeDatasource: 'events',
  interval: { start: '2026-11-21T00:00:00Z', end: '2026-11-22T00:00:00Z' },
};

it.each(['../outside', '../../etc', '..', '.', '', '/etc', 'events/../../outside'])(
  'the pipeline %j gets no version published',
  async (pipeline) => {
    const restores = createRestoreActivities(dependencies);
    expect(await refusal(() => restores.chooseVersion({ ...plan, pipeline }, 'previous'))).toBe('UNKNOWN_PIPELINE');
    expect(await refusal(() => restores.republish({ ...plan, pipeline }, VERSION))).toBe('UNKNOWN_PIPELINE');
    expect(await readdir(join(outside, 'output'))).toEqual(['.versions']);
  },
);

it.each(['../../../../outside', '..', '.', '', '.building-x', '/etc', 'no-such-version'])(
  'the version %j is not published',
  async (version) => {
    const restores = createRestoreActivities(dependencies);
    expect(await refusal(() => restores.republish(plan, version))).toBe('NOT_BUILT');
    expect(await readdir(join(data, 'events', 'output'))).toEqual(['.versions']);
  },
);

// Only the fields that become paths.
const result = {
  pipeline: 'events',
  date: DAY,
  output: join(data, 'events', 'output', '.versions', DAY, VERSION),
  taskId: 'daybreak_events_2026-11-21_1',
} as DailyBatchResult;

it.each<[string, Partial<DailyBatchResult>]>([
  ['a pipeline', { pipeline: '../outside' }],
  ['a date', { date: '../../../outside/x' as BusinessDate }],
  ['a task', { taskId: '/../../../../outside/x' }],
  ['a version', { output: outside }],
])('stores no result outside of the data folder: %s', async (_, hostile) => {
  const results = createReconciliationActivities(dependencies);
  const code = await refusal(() => results.storeReconciliation({ ...result, ...hostile }));
  expect(['UNKNOWN_PIPELINE', 'BAD_DATE', 'OUTPUT_FAILED']).toContain(code);
  expect(await readdir(outside)).toEqual(['output']);
});

it('stores a result that is right', async () => {
  const results = createReconciliationActivities(dependencies);
  await results.storeReconciliation(result);
  expect(await readdir(join(data, 'events', 'reconciliation'))).toEqual([`${DAY}.json`]);
});
