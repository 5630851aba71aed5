import { z } from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { businessDateOf, dayInterval, shiftDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { DAY_MAXIMUM_DELAY } from '../../../scripts/feed/feed-day';
import { generateFeed, type FeedRecord } from '../../../scripts/feed/generate';
import type { HelloEvent } from '../../../scripts/feed/hello-events';
import { dayInstants } from '../../../scripts/feed/instants';
import { readConfig } from '../../../worker/config';
import { servedBy } from '../batch/day-rows';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';

useStack();
const ZONE = 'Asia/Seoul';
const NAMES = ['Ada', 'Barbara', 'Grace', 'Edsger', 'Katherine', 'Donald', 'Margaret', 'Alan', 'Radia', 'Leslie'];
const EVENTS = 20_000;
const yesterday = shiftDate(businessDateOf(new Date(), ZONE), -1);

const statusSchema = z.object({
  days: z.array(z.object({ date: z.string(), outcome: z.string(), started: z.string() })),
});

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
const { queries } = createDruidClient(readConfig().druid);

beforeAll(async () => {
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 2'));
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    async () => {
      expect(await worker.stop()).toBe(0);
    },
    () => pipeline.remove(),
  ),
);

/**
 * The records that the feed sent, made again by its generator. They are never read from what the product made of them.
 */
const sent: readonly FeedRecord<HelloEvent>[] = [
  ...generateFeed(
    { seed: 7, timeZone: ZONE, duplicates: 0.01, late: 0.005, bad: 0.0005, maximumDelay: DAY_MAXIMUM_DELAY },
    dayInstants(yesterday, ZONE, EVENTS, 'daily'),
  ),
];

/** Rows as text, computed here independently: the join, the names, the columns. */
const expected = sent
  .flatMap(({ kind, event }) => (kind === 'event' && event !== undefined ? [event] : []))
  .map(({ time, id, hello }) => JSON.stringify([time, id, NAMES[id % 10], hello, id % 10]))
  .sort();

async function served(): Promise<string[]> {
  const { start, end } = dayInterval(yesterday, ZONE);
  const rows = await servedBy(pipeline.topic, () =>
    queries.sql(
      `SELECT TIME_FORMAT(__time, 'yyyy-MM-dd HH:mm:ss', '${ZONE}') AS "time", user_id, user_name, hello, uid
     FROM "${pipeline.topic}" WHERE __time >= TIME_PARSE(?) AND __time < TIME_PARSE(?)`,
      [start, end],
      z.object({ time: z.string(), user_id: z.number(), user_name: z.string(), hello: z.string(), uid: z.number() }),
    ),
  );
  return rows
    .map(({ time, user_id, user_name, hello, uid }) => JSON.stringify([time, user_id, user_name, hello, uid]))
    .sort();
}

it('serves the day in realtime with its duplicates, then exactly, after the recompute', async () => {
  const on = `--pipeline ${pipeline.name}`;
  await succeed(`speed start ${on}`, pipeline.environment);
  await succeed(`feed ${on} --date ${yesterday} --events ${EVENTS} --seed 7`, pipeline.environment);

  // Exactly once from Kafka on: as many rows as readable records in the topic. Duplicate deliveries count twice.
  const inKafka = sent.filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
  expect(inKafka).toBeGreaterThan(EVENTS);
  await until('the day in realtime', async () => (await served()).length === inKafka);
  expect(new Set(await served())).toEqual(new Set(expected));

  const result = JSON.parse(
    await succeed(`batch run ${on} --date ${yesterday} --json`, pipeline.environment),
  ) as DailyBatchResult;

  expect(await served()).toEqual(expected);
  const inFiles = sent.filter(({ toFile }) => toFile);
  const bad = inFiles.filter(({ kind }) => kind === 'bad').length;
  expect(bad).toBeGreaterThan(0);
  expect(result.counts).toMatchObject({
    read: inFiles.length,
    written: EVENTS,
    filtered: 0,
    duplicates: inFiles.length - EVENTS - bad,
    quarantined: bad,
    outsideDay: 0,
  });
  expect(result).toMatchObject({
    verdict: 'replaced',
    before: 'realtime',
    segments: 1,
    sealedUntil: dayInterval(yesterday, ZONE).end,
  });
  expect(result.hours).toHaveLength(24);
  expect(result.hours.every(({ equal }) => equal)).toBe(true);
  expect(result.hours.reduce((sum, { realtimeRows }) => sum + realtimeRows, 0)).toBe(inKafka);
});

it('does the same day once more with the same end, and a seal keeps what comes later out', async () => {
  const on = `--pipeline ${pipeline.name}`;
  // Late for good: the whole day again, to Kafka only, after the seal.
  await succeed(`feed ${on} --date ${yesterday} --events 500 --seed 8 --no-files`, pipeline.environment);
  const result = JSON.parse(
    await succeed(`batch run ${on} --date ${yesterday} --json`, pipeline.environment),
  ) as DailyBatchResult;
  // Before, Druid served the first run's rows, and not realtime's.
  expect(result).toMatchObject({ verdict: 'replaced', before: 'batch' });
  expect(result.hours.reduce((sum, { realtimeRows }) => sum + realtimeRows, 0)).toBe(EVENTS);
  expect(await served()).toEqual(expected);
});

it('shows servers, lag and the day in its status', async () => {
  const { stdout } = await daybreak(`status --pipeline ${pipeline.name}`, pipeline.environment);
  expect(stdout).toContain(yesterday);
  expect(stdout).toContain('replaced');
  expect(stdout).toMatch(/speed layer of .*: running, 1 shard/);
});

it('replaces yesterday when the schedule fires', async () => {
  const on = `--pipeline ${pipeline.name}`;
  const days = async (): Promise<{ outcome: string; date: string; started: string }[]> =>
    statusSchema.parse(JSON.parse((await daybreak(`status ${on} --json`, pipeline.environment)).stdout)).days;
  const before = (await days())[0]?.started;
  const applied = await succeed(`schedule apply ${on}`, pipeline.environment);
  expect(applied).toMatch(/next: \d{4}-\d\d-\d\d 00:30 \+09:00/);
  expect(await succeed(`schedule apply ${on}`, pipeline.environment)).toMatch(/nightly.*: unchanged/);

  await succeed(`schedule trigger ${on}`, pipeline.environment);
  // Read once: at 00:30 of that zone the schedule fires by itself too, and the day runs again.
  let last: Awaited<ReturnType<typeof days>>[number] | undefined;
  await until('the end of the nightly run', async () => {
    [last] = await days();
    return last?.started !== before && last?.outcome !== 'running';
  });
  expect(last).toMatchObject({ date: yesterday, outcome: 'replaced' });

  await succeed(`schedule pause ${on}`, pipeline.environment);
  expect(await succeed(`schedule describe ${on}`, pipeline.environment)).toContain('state: paused');
});

describe('a wrong call', () => {
  it.each([
    ['batch run --date 2026-02-30', 2, 'BAD_DATE', 'YYYY-MM-DD'],
    ['batch run', 2, "required option '--date", '--help'],
    [`batch run --pipeline nobody --date ${yesterday}`, 2, 'UNKNOWN_PIPELINE', 'Use one of'],
  ])('%s ends with %i and says %s', async (commandLine, code, what, remedy) => {
    const ended = await daybreak(commandLine, pipeline.environment);
    expect(ended.code).toBe(code);
    expect(ended.stderr).toContain(what);
    expect(ended.stderr).toContain(remedy);
  });

  it('of a day without files fails with NO_INPUT, and writes nothing', async () => {
    const ended = await daybreak(`batch run --pipeline ${pipeline.name} --date 2020-01-01`, pipeline.environment);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('NO_INPUT');
    expect(ended.stderr).toContain(pipeline.input);
  });

  it('without Temporal fails at once and names the remedy', async () => {
    const ended = await daybreak(`batch run --pipeline ${pipeline.name} --date ${yesterday}`, {
      ...pipeline.environment,
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    expect(ended.code).toBe(1);
    expect(ended.stderr).toContain('TEMPORAL_UNREACHABLE');
    expect(ended.stderr).toContain('npx daybreak up');
  });
});
