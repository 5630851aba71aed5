import { MockActivityEnvironment } from '@temporalio/testing';
import axios from 'axios';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sharedPath } from '../../../activities/batch/input-source';
import { createReindexActivities, type Reindexed } from '../../../activities/batch/reindex-day';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan, type BuiltDay, type DayPlan } from '../../../domain/daily-batch';
import { completeCounts } from '../../../domain/day-manifest';
import { reindexSpec } from '../../../domain/druid/reindex-spec';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { servedRows } from './day-rows';
import { until } from '../support/until';

useStack();
const date = parseBusinessDate('2026-03-14');
const config = readConfig();
const druid = createDruidClient(config.druid);

let pipeline: OwnPipeline;
let loaded: LoadedPipeline;
let plan: DayPlan;
let activities: ReturnType<typeof createReindexActivities>;

beforeAll(async () => {
  pipeline = await ownPipeline();
  const pipelines = pipeline.environment['DAYBREAK_PIPELINES']!;
  loaded = await loadPipelineNamed(pipelines, pipeline.name);
  plan = dayPlan(loaded.pipeline, date);
  activities = createReindexActivities({
    druid,
    kafkaOfDruid: config.druid.kafka,
    pipelines,
    data: pipeline.environment['DAYBREAK_DATA']!,
    inputSource: sharedPath,
  });
});

afterAll(() => pipeline.remove());

async function built(name: string, content: string, written: number): Promise<BuiltDay> {
  const folder = join(pipeline.output, '.versions', date, name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, '07.ndjson'), content);
  const output = { hour: '07', written, filtered: 0, multiplied: 0, duplicates: 0, unmatched: 0, misfiled: 0 };
  const counts = { read: written, kept: written, duplicates: 0, quarantined: 0, outsideDay: 0 };
  const hours = [{ ...output, file: '07.ndjson', bytes: content.length, sha256: '' }];
  await writeFile(join(folder, '_manifest.json'), JSON.stringify({ hours, inputs: [], counts, missingHours: [] }));
  return { folder, counts: completeCounts(counts, [output]), missingHours: [], hours, sources: {} };
}

const row = (id: number): string =>
  `{"time":"${date} 07:00:00","user_id":${id},"user_name":"Ada","hello":"hi","uid":${id}}\n`;

/** An activity of one run of the workflow. Several activities with the same run id are its attempts. */
function activityOf(runId: string): MockActivityEnvironment {
  return new MockActivityEnvironment({ workflowExecution: { workflowId: `daily-batch/${pipeline.name}`, runId } });
}

const reindex = (runId: string, day: BuiltDay, environment = activityOf(runId)): Promise<Reindexed> =>
  environment.run<[], Reindexed, () => Promise<Reindexed>>(() => activities.reindexDay(plan, day));

async function tasksOf(runId: string): Promise<string[]> {
  const { data } = await axios.get<{ id: string }[]>(`${config.druid.coordinatorUrl}/druid/indexer/v1/tasks`, {
    params: { datasource: pipeline.topic },
  });
  return data.map(({ id }) => id).filter((id) => id.includes(`_${runId}_`));
}

it('takes over the task of a try whose worker died, and tells how far it is', async () => {
  const day = await built('adopted', row(1) + row(2), 2);
  const told: unknown[] = [];
  const dead = activityOf('adopted');
  const abandoned = reindex('adopted', day, dead).catch((thrown: unknown) => thrown);
  await until('the task', async () => (await tasksOf('adopted')).length > 0);
  dead.cancel('HEARTBEAT_TIMEOUT' as never);
  await abandoned;
  const next = activityOf('adopted');
  next.on('heartbeat', (details) => told.push(details));
  const { taskId } = await reindex('adopted', day, next);
  expect(await tasksOf('adopted')).toEqual([taskId]);
  expect(told.join('\n')).toContain(`task ${taskId}`);
  await until('the rows', async () => (await servedRows(pipeline.topic, date)).length === 2);
});

it('fails on rows that Druid cannot read without another try, naming the first', async () => {
  const day = await built('broken', row(1) + '{"time":"2026-03-14 07:00\n', 2);
  await expect(reindex('broken', day)).rejects.toMatchObject({
    code: 'DRUID_BAD_ROWS',
    what: expect.stringContaining('2026-03-14 07:00') as string,
  });
  expect(await servedRows(pipeline.topic, date)).toHaveLength(2);
});

it('starts the next task after one that failed', async () => {
  const failed = `daybreak_${pipeline.topic}_${date}_failed_1`;
  const folder = join(pipeline.output, 'failed');
  await mkdir(folder, { recursive: true });
  // A task of the run that fails at once, because its only row cannot be read.
  await writeFile(join(folder, '08.ndjson'), '{');
  const source = sharedPath([{ folder, file: '08.ndjson' }]);
  await druid.tasks.submit(
    reindexSpec(loaded.pipeline, loaded.outputColumns, {
      id: failed,
      plan,
      source,
      size: { rows: 1, bytes: 1 },
      subtasks: 1,
    }),
  );
  await until('the failure', async () => (await druid.tasks.status(failed))?.status === 'FAILED');
  const { taskId } = await reindex('failed', await built('failed', row(1), 1));
  expect(taskId).toMatch(/_failed_2$/);
});

it('replaces nothing where Druid does not see the files', async () => {
  const before = await servedRows(pipeline.topic, date);
  const day = await built('unseen', row(5), 1);
  await rm(join(day.folder, '07.ndjson'));
  await expect(reindex('unseen', day)).rejects.toMatchObject({
    code: 'DRUID_READS_NOTHING',
    what: expect.stringContaining('unseen') as string,
  });
  expect(await tasksOf('unseen')).toEqual([]);
  expect(await servedRows(pipeline.topic, date)).toEqual(before);
});

it('ends what a terminated run left behind', async () => {
  const day = await built('orphan', row(1), 1);
  const terminated = activityOf('orphan');
  const abandoned = reindex('orphan', day, terminated).catch((thrown: unknown) => thrown);
  await until('the task', async () => (await tasksOf('orphan')).length > 0);
  terminated.cancel('TERMINATED' as never);
  await abandoned;
  await activityOf('next').run(() => activities.endReindexTasks(plan));
  const [id = ''] = await tasksOf('orphan');
  expect((await druid.tasks.status(id))?.status).not.toBe('RUNNING');
});
