import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { visibleSegments } from '../../../activities/batch/day-segments';
import { createDruidClient } from '../../../clients/druid';
import { businessDateOf, dayInterval, shiftDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { readConfig } from '../../../worker/config';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';
import { awaitInRealtime, expectedRows, fedDay, servedRows, ZONE } from './day-rows';

useStack();
const EVENTS = 2_000;
const SEED = 17;
const date = shiftDate(businessDateOf(new Date(), ZONE), -1);
const sent = fedDay(date, EVENTS, SEED);
const druid = createDruidClient(readConfig().druid);

const DRUID = ['tasks: { count: 2, replicas: 2 }', 'partitionBy: [user_name]', 'maxRowsPerSegment: 500'];

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
let realtime: string[];

// The day is small, and is nevertheless counted and proven where its rows lie.
beforeAll(async () => {
  pipeline = await ownPipeline(
    (yaml) =>
      `${yaml
        .replace(/settleSeconds: \d+/, 'settleSeconds: 0')
        .replace(
          /^( +)(datasource: .*)$/m,
          `$1$2\n${DRUID.map((line) => `$1${line}`).join('\n')}`,
        )}proof: aggregates\n`,
  );
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
  await succeed(`speed start ${on()}`, pipeline.environment);
  await succeed(`feed ${on()} --date ${date} --events ${EVENTS} --seed ${SEED}`, pipeline.environment);
  realtime = await awaitInRealtime(pipeline.topic, date, sent);
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

const on = (): string => `--pipeline ${pipeline.name}`;
const input = (hour: string): string => join(pipeline.input, `names.${date.replaceAll('-', '')}.${hour}.json`);
const distinct = (rows: readonly string[]): number => new Set(rows).size;

it('reads realtime by as many tasks as the pipeline says, and counts the rows of replicas once', async () => {
  await until('four tasks', async () => {
    const status = await druid.supervisors.status(pipeline.topic);
    return status?.activeTasks.length === 4 && status.partitions === 3;
  });
  await until('what all tasks have read', async () => {
    const { processed } = await druid.supervisors.totals(pipeline.topic);
    return processed === realtime.length;
  });
});

it('refuses a batch that lacks rows, by the distinct rows that Druid counts', async () => {
  const whole = await readFile(input('12'));
  await writeFile(input('12'), '');
  const { stderr, code } = await daybreak(`batch run ${on()} --date ${date}`, pipeline.environment);
  await writeFile(input('12'), whole);
  expect(stderr).toContain('BATCH_SHORT');
  expect(stderr).toContain(`of ${distinct(realtime)} distinct rows that Druid serves`);
  expect(code).toBe(1);
  expect(await servedRows(pipeline.topic, date)).toEqual(realtime);
});

it('replaces the day by segments of ranges, and proves it by aggregates', async () => {
  const run = await succeed(`batch run ${on()} --date ${date} --json`, pipeline.environment);
  const result = JSON.parse(run) as DailyBatchResult;
  expect(result).toMatchObject({ verdict: 'replaced', proof: 'aggregates', before: 'realtime' });
  expect(result.isDistinctEstimated).toBeUndefined();
  expect(result.hours.reduce((sum, hour) => sum + hour.realtimeDistinct, 0)).toBe(distinct(realtime));
  expect(result.hours.every(({ equal }) => equal)).toBe(true);
  expect(await servedRows(pipeline.topic, date)).toEqual(expectedRows(sent));
  // Each name is in one segment, or in two that are neighbours.
  const ranges = await visibleSegments(druid, { datasource: pipeline.topic, interval: dayInterval(date, ZONE) });
  expect(ranges.length).toBeGreaterThan(3);
  expect(Math.max(...ranges.map(({ rows }) => rows))).toBeLessThan(1_000);
  expect(result.segments).toBe(ranges.length);
  const verified = await daybreak(`batch verify ${on()} --date ${date}`, pipeline.environment);
  expect(verified).toMatchObject({ code: 0, stdout: expect.stringContaining('proven by aggregates') as string });
});

it('takes no row of the sealed day by any of the tasks', async () => {
  await until('tasks that read again', async () => {
    const status = await druid.supervisors.status(pipeline.topic);
    const reached = await druid.supervisors.reachedTasks(pipeline.topic);
    return status?.activeTasks.some(({ id }) => reached.includes(id)) === true;
  });
  const late = fedDay(date, 200, SEED + 1).filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
  await succeed(`feed ${on()} --date ${date} --events 200 --seed ${SEED + 1} --append`, pipeline.environment);
  await until('the late rows to be dropped', async () => {
    const { thrownAway } = await druid.supervisors.totals(pipeline.topic);
    return thrownAway === late;
  });
  expect(await servedRows(pipeline.topic, date)).toEqual(expectedRows(sent));
});

it('empties a day that is accepted as empty, although ranges of no rows are none, and hours without rows are none', async () => {
  const yaml = join(pipeline.folder, 'pipeline.yaml');
  await writeFile(
    yaml,
    (await readFile(yaml, 'utf8')).replace('partitionBy:', 'segmentGranularity: HOUR\n  partitionBy:'),
  );
  for (let hour = 0; hour < 24; hour += 1) await writeFile(input(String(hour).padStart(2, '0')), '');
  const accepted = '--accept EMPTY_DAY BATCH_SHORT --json';
  const run = await succeed(`batch run ${on()} --date ${date} ${accepted}`, pipeline.environment);
  expect(JSON.parse(run)).toMatchObject({ verdict: 'replaced' });
  expect(await servedRows(pipeline.topic, date)).toEqual([]);
});
