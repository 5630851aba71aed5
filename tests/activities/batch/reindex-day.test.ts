import { MockActivityEnvironment } from '@temporalio/testing';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedPath } from '../../../activities/batch/input-source';
import { createReindexActivities } from '../../../activities/batch/reindex-day';
import type { DruidClient, TaskStatus } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan, type BuiltDay } from '../../../domain/daily-batch';
import { DaybreakError } from '../../../domain/errors';
import { loadPipeline } from '../../../engines/load-pipeline';
import { pipelineLike } from '../../engines/scratch';

const date = parseBusinessDate('2026-11-21');
const counts = { read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 };
const HOUR = { hour: '07', written: 1, duplicates: 0, unmatched: 0, misfiled: 0, file: '07.ndjson' };

let data: string;
let folder: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-reindex-'));
  folder = join(data, 'events', 'output', '.versions', date, '0123456789abcdef');
  await mkdir(folder, { recursive: true });
  const hours = [{ ...HOUR, bytes: 1, sha256: '' }];
  await writeFile(join(folder, '_manifest.json'), JSON.stringify({ hours, inputs: [], counts, missingHours: [] }));
  await writeFile(join(folder, '07.ndjson'), '{}\n');
});
afterEach(() => rm(data, { recursive: true }));

const CREATED = { createdTime: '2026-11-22T00:00:00.000Z' };

/** Replaces the day of a pipeline by a task with these states. Resolves to what the heartbeats said. */
async function reindexed(
  states: Partial<TaskStatus>[],
  druid: object,
  changes: Parameters<typeof pipelineLike>[2] = {},
): Promise<unknown[]> {
  const pipelines = join(data, 'pipelines');
  const { pipeline } = await loadPipeline(await pipelineLike('events', pipelines, changes));
  let submitted = false;
  const tasks = {
    status: (id: string) => Promise.resolve(submitted ? { id, ...CREATED, ...states.shift() } : undefined),
    sample: () => Promise.resolve(1),
    submit: () => {
      submitted = true;
      return Promise.resolve('submitted');
    },
    ...druid,
  };
  const activities = createReindexActivities({
    ...{ druid: { tasks } as unknown as DruidClient, kafkaOfDruid: { brokers: [] }, pipelines, data },
    inputSource: sharedPath,
  });
  const built: BuiltDay = { folder, counts, missingHours: [], hours: [], sources: {} };
  const environment = new MockActivityEnvironment();
  const heartbeats: unknown[] = [];
  environment.on('heartbeat', (details) => heartbeats.push(details));
  await expect(environment.run(() => activities.reindexDay(dayPlan(pipeline, date), built))).resolves.toMatchObject(
    CREATED,
  );
  return heartbeats;
}

it('waits for a task that has no slot yet where Druid does not tell its slots', async () => {
  await reindexed([{ status: 'RUNNING', runnerStatusCode: 'PENDING' }, { status: 'SUCCESS' }], {
    slots: () => Promise.reject(new DaybreakError('DRUID_REFUSED', { what: '403', remedy: '' })),
  });
});

it.each([
  ['its subtasks wait for a slot', 0, 6, /: 0 of 1 rows loaded; its subtasks may wait for a slot: .* run all 6 tasks/],
  ['rows are loaded', 1, 6, /: 1 of 1 rows loaded$/],
  ['there are slots', 0, 5, /: 0 of 1 rows loaded$/],
])('says what a task with subtasks waits for: %s', async (_, processed, used, expected) => {
  const running: Partial<TaskStatus> = { status: 'RUNNING', runnerStatusCode: 'RUNNING' };
  const heartbeats = await reindexed(
    [running, running, { status: 'SUCCESS' }],
    { report: () => Promise.resolve({ rows: { processed } }), slots: () => Promise.resolve({ used, total: 6 }) },
    { 'pipeline.yaml': (text) => text.replace(/^druid:\n/m, 'druid:\n  partitionBy: [user_name]\n') },
  );
  expect(heartbeats.at(-1)).toMatch(expected);
});
