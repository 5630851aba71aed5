import axios from 'axios';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { visibleSegments } from '../../../activities/batch/day-segments';
import { createDruidClient, type Segment } from '../../../clients/druid';
import { dayInterval, parseBusinessDate, shiftDate, type BusinessDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { readConfig } from '../../../worker/config';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { ZONE } from './day-rows';
import { until } from '../support/until';

useStack();
const date = parseBusinessDate('2026-03-14');
const next = shiftDate(date, 1);
const { druid: cluster } = readConfig();
const druid = createDruidClient(cluster);
const at = (path: string): string => `${cluster.coordinatorUrl}/druid/coordinator/v1/${path}`;
const IN_ZONE = { segmentGranularity: { type: 'period', period: 'P1D', timeZone: ZONE } };

let pipeline: OwnPipeline;
let worker: BackgroundCommand;

beforeAll(async () => {
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0'));
  await mkdir(pipeline.input, { recursive: true });
  for (const day of [date, next]) {
    for (let hour = 0; hour < 24; hour += 1) {
      const two = String(hour).padStart(2, '0');
      const lines = Array.from({ length: 20 }, (_, id) => ({ hello: day, id, time: `${day} ${two}:00:00` }));
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
      await writeFile(join(pipeline.input, `names.${day.replaceAll('-', '')}.${two}.json`), text);
    }
  }
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
});

/** How long after the coordinator's start it waits before it marks old segments as unused: 15 minutes by default. */
const markedAfter = (milliseconds: number): Promise<unknown> =>
  axios.post(at('config'), { millisToWaitBeforeDeleting: milliseconds });
const noCompaction = (): Promise<unknown> =>
  axios.delete(at(`config/compaction/${pipeline.topic}`), { validateStatus: () => true });

afterAll(() =>
  endAll(
    () => noCompaction(),
    () => markedAfter(900_000),
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

const command = (name: string, of: BusinessDate): string => `batch ${name} --pipeline ${pipeline.name} --date ${of}`;
const run = async (of: BusinessDate): Promise<DailyBatchResult> =>
  JSON.parse(await succeed(`${command('run', of)} --json`, pipeline.environment)) as DailyBatchResult;
const segmentsOf = (of: BusinessDate) =>
  visibleSegments(druid, { datasource: pipeline.topic, interval: dayInterval(of, ZONE) });
const proven = async (of: BusinessDate): Promise<void> => {
  expect(await succeed(command('verify', of), pipeline.environment)).toContain('proven row by row: ');
};

async function compactionIs(granularitySpec: object, others: object = {}): Promise<void> {
  const config = { dataSource: pipeline.topic, skipOffsetFromLatest: 'PT0S', granularitySpec, ...others };
  await axios.post(at('config/compaction'), config);
}
const alteringCompaction = (): Promise<void> =>
  compactionIs({ ...IN_ZONE, rollup: true }, { metricsSpec: [{ type: 'count', name: 'n' }] });
const compact = (): Promise<unknown> => axios.post(at('compaction/compact'));
const compacted = async (of: BusinessDate, as: (segment: Segment) => boolean = () => true): Promise<void> => {
  await until('compacted segments', async () => {
    await compact();
    const segments = await segmentsOf(of);
    return segments.length > 0 && segments.every((one) => one.compacted && one.available && as(one));
  });
};

it('proves days whose segments compaction has made others of, and replaces them again beside it', async () => {
  for (const day of [date, next]) expect((await run(day)).verdict).toBe('replaced');
  // UTC days, as in Druid’s own examples. Each holds a part of two days of the pipeline.
  await compactionIs({ segmentGranularity: 'DAY' });
  for (const day of [date, next]) await compacted(day);
  expect((await segmentsOf(date)).some(({ end }) => end > dayInterval(date, ZONE).end)).toBe(true);
  for (const day of [date, next]) await proven(day);

  const over = new AbortController();
  const compacting = (async () => {
    while (!over.signal.aborted) {
      await compact();
      await sleep(500);
    }
  })();
  const again = await run(date).finally(() => {
    over.abort();
  });
  await compacting;
  expect(again).toMatchObject({ verdict: 'replaced', before: 'compacted' });
  for (const day of [date, next]) await proven(day);

  await compactionIs(IN_ZONE);
  const { start, end } = dayInterval(next, ZONE);
  await compacted(next, (one) => one.start === start && one.end === end);
  for (const day of [date, next]) await proven(day);
});

it('names a compaction that reaches over local days, and refuses one that alters rows, before and at the gate', async () => {
  const check = () => daybreak(`pipeline check ${pipeline.folder} --connect`, pipeline.environment);
  await compactionIs(IN_ZONE);
  expect(await check()).toMatchObject({ code: 0, stderr: '' });
  await compactionIs({ segmentGranularity: 'DAY' });
  const warned = await check();
  expect(warned.code).toBe(0);
  expect(warned.stderr).toContain(`"timeZone":"${ZONE}"} fits`);

  await alteringCompaction();
  const named = 'COMPACTION_CONFLICT';
  const refused = await check();
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(named);
  expect(refused.stderr).toContain('granularitySpec.rollup is true: equal rows become one; metricsSpec is set');
  const { code, stderr } = await daybreak(command('run', date), pipeline.environment);
  expect(code).toBe(1);
  expect(stderr).toContain(named);
  await proven(date);
});

it('leaves one version in use however often a day is replaced; a kill task removes the others', async () => {
  await noCompaction();
  const interval = Object.values(dayInterval(date, ZONE)).join('/');
  const unused = async (): Promise<number> => {
    const { data } = await axios.get<{ dataSegment: { interval: string } }[]>(
      at(`metadata/datasources/${pipeline.topic}/unusedSegments`),
    );
    return data.filter(({ dataSegment }) => dataSegment.interval === interval).length;
  };
  await markedAfter(0);
  for (let times = 0; times < 3; times += 1) await run(date);
  await until('overshadowed segments', async () => (await unused()) >= 3);
  expect(await segmentsOf(date)).toHaveLength(1);
  await axios.post(`${cluster.coordinatorUrl}/druid/indexer/v1/task`, {
    type: 'kill',
    dataSource: pipeline.topic,
    interval,
  });
  await until('the end of the overshadowed segments', async () => (await unused()) === 0);
  await proven(date);
});

// The last test, since Druid's supervisor runs from here on.
it('starts realtime, which needs no proof, beside a compaction that alters rows, and names that', async () => {
  await alteringCompaction();
  const started = await daybreak(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
  expect(started.stderr).toContain('Until you change this, the gate refuses every day with COMPACTION_CONFLICT');
  expect(started).toMatchObject({ code: 0, stdout: expect.stringContaining('started') as string });
});
