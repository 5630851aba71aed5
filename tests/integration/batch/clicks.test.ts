import { execFileSync } from 'node:child_process';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { clickEvents } from '../../../scripts/feed/click-events';
import { DAY_MAXIMUM_DELAY } from '../../../scripts/feed/feed-day';
import { generateEvents } from '../../../scripts/feed/generate';
import { dayInstants } from '../../../scripts/feed/instants';
import { readConfig } from '../../../worker/config';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';
import { servedBy } from './day-rows';

useStack();
const ZONE = 'Europe/Berlin';
/** This day has 23 hours in Berlin. The catalogue of its time lacks a product. */
const date = parseBusinessDate('2026-03-29');
const EVENTS = 6_000;
const SHARES = { duplicates: 0.02, late: 0.02, bad: 0.01 };
const { queries } = createDruidClient(readConfig().druid);

/** Views, value, milliseconds, the slowest, and visitors. */
const metrics = z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]);
const DIMENSIONS = ['page', 'came_from', 'department', 'product', 'by_newsletter', 'app', 'os'] as const;
const dimension = z.union([z.string(), z.boolean(), z.number(), z.null()]);
const oracleSchema = z.object({
  counts: z.object({
    ...{ read: z.number(), written: z.number(), duplicates: z.number() },
    ...{ quarantined: z.number(), filtered: z.number() },
  }),
  unknown: z.number(),
  rows: z.array(z.record(z.string(), z.unknown())),
  hours: z.record(z.string(), metrics),
  departments: z.record(z.string(), metrics),
  groups: z.array(z.array(z.union([dimension, metrics]))),
});
type Expected = z.infer<typeof oracleSchema>;

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
const on = (): string => `--pipeline ${pipeline.name} --date ${date}`;

beforeAll(async () => {
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0'), 'clicks');
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

/** What must come of the day's files, or of realtime's records, by a program that shares no code with Daybreak. */
function expected(of: string, files: readonly string[]): Expected {
  const oracle = join(__dirname, 'clicks_oracle.py');
  const text = execFileSync('python3', [oracle, join(pipeline.folder, 'products'), of, ...files], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return oracleSchema.parse(JSON.parse(text));
}

async function filesOfDay(): Promise<string[]> {
  const folder = join(pipeline.input, date);
  return (await readdir(folder)).map((name) => join(folder, name));
}

const SUMS = `SUM(views) AS views, SUM(shown_value) AS shown_value, SUM(render_ms) AS render_ms, MAX(slowest_ms) AS slowest_ms`;
const METRICS = `${SUMS}, APPROX_COUNT_DISTINCT_DS_HLL(visitors) AS visitors`;
const HOUR = `TIME_FORMAT(__time, 'HH', '${ZONE}')`;
const sumsRow = z.object({
  ...{ views: z.number(), shown_value: z.number().nullable(), render_ms: z.number(), slowest_ms: z.number() },
});
const metricsRow = sumsRow.extend({ part: z.string().nullable(), visitors: z.number() });
const groupRow = sumsRow.extend({
  ...{ hour: z.string(), page: dimension, came_from: dimension, department: dimension, product: dimension },
  ...{ by_newsletter: dimension, app: dimension, os: dimension },
});

const servedViews = (): Promise<{ views: number | null }[]> =>
  servedBy(pipeline.topic, () =>
    queries.sql(`SELECT SUM(views) AS views FROM "${pipeline.topic}"`, [], z.object({ views: z.number().nullable() })),
  );

/** Five standard errors of the sketch, as docs/rollup.md has them. */
const sketchError = (count: number): number => Math.max(1, 0.0813 * count);

function compareSums(found: z.infer<typeof sumsRow>, [views, value, render, slowest]: readonly number[]): void {
  expect([found.views, found.render_ms, found.slowest_ms]).toEqual([views, render, slowest]);
  expect(found.shown_value ?? 0).toBeCloseTo(value ?? NaN, 6);
}

/** Compares what Druid serves by a column with the metrics of each of its values, where '' is null. */
async function compareBy(column: string, parts: Expected['hours']): Promise<void> {
  const sql = `SELECT ${column} AS part, ${METRICS} FROM "${pipeline.topic}" GROUP BY 1`;
  const found = await queries.sql(sql, [], metricsRow);
  expect(found.map(({ part }) => part ?? '').sort()).toEqual(Object.keys(parts).sort());
  for (const row of found) {
    const part = parts[row.part ?? ''] ?? [];
    compareSums(row, part);
    const visitors = part[4] ?? NaN;
    expect(Math.abs(row.visitors - visitors)).toBeLessThanOrEqual(sketchError(visitors));
  }
}

async function compareServed({ hours, departments, groups }: Expected): Promise<void> {
  await compareBy(HOUR, hours);
  await compareBy('department', departments);
  // Without the sketch: the small buffers of the local Druid hold too few of them.
  const sql = `SELECT ${HOUR} AS "hour", ${DIMENSIONS.join(', ')}, ${SUMS} FROM "${pipeline.topic}" GROUP BY ${HOUR}, ${DIMENSIONS.join(', ')}`;
  const found = await queries.sql(sql, [], groupRow);
  const served = new Map(found.map((row) => [JSON.stringify([row.hour, ...DIMENSIONS.map((name) => row[name])]), row]));
  expect(served.size).toBe(groups.length);
  for (const group of groups) {
    // Druid has 1 for true.
    const key = JSON.stringify(group.slice(0, -1).map((value) => (typeof value === 'boolean' ? Number(value) : value)));
    const row = served.get(key);
    if (row === undefined) throw new Error(`Druid serves no ${key}`);
    compareSums(row, metrics.parse(group.at(-1)));
  }
}

/** Rows in an order of their own. */
const sorted = (rows: readonly unknown[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

async function publishedRows(): Promise<unknown[]> {
  const folder = join(pipeline.output, date);
  const names = (await readdir(folder)).filter((name) => /^\d\d\.ndjson$/.test(name));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap((text) => text.trimEnd().split('\n')).map((line) => JSON.parse(line) as unknown);
}

it('serves the clicks of realtime as they come, duplicates too, rolled up', async () => {
  const flags = Object.entries(SHARES).map(([name, share]) => `--${name} ${share}`);
  await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
  await succeed(`feed ${on()} --events ${EVENTS} --seed 3 ${flags.join(' ')}`, pipeline.environment);

  const options = { seed: 3, timeZone: ZONE, ...SHARES, maximumDelay: DAY_MAXIMUM_DELAY };
  const sent = [...generateEvents(clickEvents, options, dayInstants(date, ZONE, EVENTS, 'daily'))];
  const file = join(pipeline.folder, 'sent');
  await writeFile(
    file,
    sent
      .filter(({ toKafka }) => toKafka)
      .map(({ text }) => `${text}\n`)
      .join(''),
  );
  const realtime = expected('realtime', [file]);
  expect(realtime.counts.written).toBeGreaterThan(EVENTS * 0.97);
  await until('the clicks in realtime', async () => (await servedViews())[0]?.views === realtime.counts.written);
  await compareServed(realtime);
});

it('refuses the day, whose catalogue lacks a product, and shows the rows', async () => {
  const { counts, unknown } = expected(date, await filesOfDay());
  expect(unknown).toBeGreaterThan(counts.written / 100);
  const { code, stderr } = await daybreak(`batch run ${on()}`, pipeline.environment);
  expect([code, stderr]).toEqual([1, expect.stringContaining(`unknown_product: ${unknown} rows`)]);
  const rows = await succeed(`batch rows ${on()} --check unknown_product`, pipeline.environment);
  expect(rows).toContain('MUG-02');
});

it('replaces it when the catalogue of the day is there, with proof: rows and metrics are as Python computes them', async () => {
  const products = join(pipeline.folder, 'products');
  await rename(join(products, '2026-10-01.csv'), join(products, `${date}.csv`));
  const day = expected(date, await filesOfDay());
  expect(day.unknown).toBe(0);
  expect(day.counts.duplicates).toBeGreaterThan(20);
  expect(day.counts.quarantined).toBeGreaterThan(20);
  const result = JSON.parse(await succeed(`batch run ${on()} --json`, pipeline.environment)) as DailyBatchResult;
  expect(result).toMatchObject({ verdict: 'replaced', proof: 'groups', before: 'realtime', counts: day.counts });
  expect(sorted(await publishedRows())).toEqual(sorted(day.rows));
  await compareServed(day);
  expect(await daybreak(`batch verify ${on()}`, pipeline.environment)).toMatchObject({ code: 0 });
});
