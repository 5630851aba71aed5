import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { compareDay, type BuiltRows, type Comparison } from '../../../activities/batch/compare-day';
import { checkSegments, visibleSegments } from '../../../activities/batch/day-segments';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan, type DailyBatchResult, type DayPlan } from '../../../domain/daily-batch';
import { reindexSpec, type ReindexSpec } from '../../../domain/druid/reindex-spec';
import { DaybreakError } from '../../../domain/errors';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { withOutput } from '../../../engines/versions/open-output';
import { readConfig } from '../../../worker/config';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { runTask } from '../support/run-task';
import { useStack } from '../support/stack';
import { until } from '../support/until';
import { servedBy } from './day-rows';
import { sendToRealtime } from './send-to-realtime';

useStack();
const date = parseBusinessDate('2026-03-14');
const druid = createDruidClient(readConfig().druid);

const ROLLUP = `
  segmentGranularity: HOUR
  rollup:
    queryGranularity: FIFTEEN_MINUTE
    dimensions: [zone, borough, shared]
    metrics:
      - { name: rides, type: count }
      - { name: last_ride, type: longMax, column: ride }
      - { name: ride_sum, type: longSum, column: ride }
      - { name: income, type: doubleSum, column: price }
      - { name: cheapest, type: doubleMin, column: price }
      - { name: ride_count, type: theta, column: ride, size: 1024 }
      - { name: ride_estimate, type: hll, column: ride }
`;
const HOURS = ['07', '08', '09'];
/** How many events the three hours have, a multiple of 3. More of them take longer, and nothing else changes. */
const EVENTS = Number(process.env['DAYBREAK_ROLLUP_EVENTS'] ?? 4_500);
const OF_HOUR = EVENTS / HOURS.length;
const LATE = Math.floor(OF_HOUR / 50);
const DUPLICATES = Math.floor(OF_HOUR / 40);

/** Events by the hour of their files, three hours of New York. */
const events = HOURS.map((hour, index) =>
  Array.from({ length: OF_HOUR }, (_, number) => {
    const ride = index * EVENTS + number;
    const [minute, second] = [number % 60, (number * 7) % 60].map((part) => String(part).padStart(2, '0'));
    const fare = ((number * 37) % 10_000) / 100;
    return `{"ride":${ride},"zone":${[1, 4, 90, 132, 5][number % 5]},"fare":${fare},"shared":${number % 3 === 0},"at":"${date}T${hour}:${minute}:${second}-04:00"}`;
  }),
);
const BAD = Array.from({ length: Math.ceil(OF_HOUR / 1_000) }, () => [
  '{"ride":',
  '{"ride":1,"zone":1,"fare":1,"shared":true,"at":"noon"}',
]).flat();

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
let loaded: LoadedPipeline;
const on = (): string => `--pipeline ${pipeline.name} --date ${date}`;

beforeAll(async () => {
  pipeline = await ownPipeline(
    (yaml) =>
      `${yaml.replace(/^( +datasource: .*\n)/m, `$1${ROLLUP.slice(1)}`)}gate:\n  settleSeconds: 0\n  allowedMissingHours: 23\n`,
    'rides',
  );
  await writeFile(
    join(pipeline.folder, 'zones.csv'),
    'zone,name,borough\n1,Newark Airport,2\n4,Alphabet City,1\n90,Flatiron 🗽 é,1\n132,JFK Airport,3\n',
  );
  await mkdir(pipeline.input, { recursive: true });
  for (const [index, hour] of HOURS.entries()) {
    const own = events[index] ?? [];
    const records = [...own, ...own.slice(0, DUPLICATES), ...BAD];
    await writeFile(join(pipeline.input, `rides-20260314-${hour}.json`), records.map((line) => `${line}\n`).join(''));
  }
  loaded = await loadPipelineNamed(pipeline.environment['DAYBREAK_PIPELINES']!, pipeline.name);
  worker = await background('worker', pipeline.environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

const totals = z.object({ stored: z.number(), rides: z.number().nullable() });
async function servedTotals(): Promise<z.infer<typeof totals> | undefined> {
  const [row] = await servedBy(pipeline.topic, () =>
    druid.queries.sql(`SELECT COUNT(*) AS stored, SUM(rides) AS rides FROM "${pipeline.topic}"`, [], totals),
  );
  return row;
}

it('replaces and proves a day with duplicates, late and bad events', async () => {
  // Realtime gets the duplicates too, but not the last events of each hour.
  const sent = events.flatMap((own) => [...own.slice(0, -LATE), ...own.slice(0, DUPLICATES), ...BAD]);
  const taken = EVENTS + HOURS.length * (DUPLICATES - LATE);
  await succeed(`speed start --pipeline ${pipeline.name}`, pipeline.environment);
  await sendToRealtime(pipeline.topic, sent);
  await until('the events in realtime', async () => (await servedTotals())?.rides === taken);

  const result = JSON.parse(await succeed(`batch run ${on()} --json`, pipeline.environment)) as DailyBatchResult;
  expect(result).toMatchObject({
    ...{ verdict: 'replaced', proof: 'groups', before: 'realtime' },
    counts: { written: EVENTS, duplicates: HOURS.length * DUPLICATES, quarantined: HOURS.length * BAD.length },
  });
  const groups = 4 * 5 * 2; // Quarters of an hour, zones, and shared or not.
  expect(result.hours.filter(({ written }) => written > 0)).toEqual(
    HOURS.map(
      (hour) =>
        expect.objectContaining({
          ...{ hour, written: OF_HOUR, realtimeRows: OF_HOUR - LATE + DUPLICATES, realtimeDistinct: OF_HOUR - LATE },
          ...{ missedByRealtime: LATE, druidRows: OF_HOUR, druidStored: groups, equal: true },
        }) as object,
    ),
  );
  expect(await servedTotals()).toEqual({ stored: HOURS.length * groups, rides: EVENTS });
  const verified = await succeed(`batch verify ${on()}`, pipeline.environment);
  expect(verified).toContain('stored rows');
  expect(verified).toContain('proven group by group');
});

it('reloads a day that is already replaced, whose events have no duplicates any more', async () => {
  const result = JSON.parse(await succeed(`batch run ${on()} --json`, pipeline.environment)) as DailyBatchResult;
  expect(result).toMatchObject({ verdict: 'replaced', before: 'batch' });
  expect(result.hours.find(({ hour }) => hour === '07')).toMatchObject({
    realtimeRows: OF_HOUR,
    realtimeDistinct: OF_HOUR,
  });
});

it('refuses a batch that lacks events', async () => {
  const file = join(pipeline.input, 'rides-20260314-09.json');
  const text = await readFile(file, 'utf8');
  try {
    await writeFile(
      file,
      text
        .split('\n')
        .slice(OF_HOUR / 5)
        .join('\n'),
    );
    const { code, stderr } = await daybreak(`batch run ${on()}`, pipeline.environment);
    expect([code, stderr]).toEqual([1, expect.stringContaining('BATCH_SHORT')]);
  } finally {
    await writeFile(file, text);
    await succeed(`batch run ${on()}`, pipeline.environment);
  }
});

interface Row {
  readonly at: string;
  readonly ride: number;
  readonly zone: string | null;
  readonly price: number;
}

/** A fault in what Druid loads of the published rows, and what the proof says of it. */
interface Fault {
  readonly rows?: (rows: readonly Row[]) => readonly Row[];
  /** Changes the task that loads them. */
  readonly task?: (spec: ReindexSpec) => object;
  /** Absent: it is proven. */
  readonly found?: string;
}

const first =
  (change: (row: Row) => Partial<Row>) =>
  (rows: readonly Row[]): Row[] =>
    rows.map((row, index) => (index === 0 ? { ...row, ...change(row) } : row));
/** The values of the first two rows, which are of other zones, exchanged. */
const exchanged =
  (column: 'ride' | 'price' | 'zone') =>
  (rows: readonly Row[]): Row[] =>
    rows.map((row, index) => ({ ...row, [column]: (rows[[1, 0][index] ?? index] ?? row)[column] }));
const schema = (change: (schema: ReindexSpec['spec']['dataSchema']) => object) => (spec: ReindexSpec) => {
  const { dataSchema } = spec.spec;
  return { ...spec, spec: { ...spec.spec, dataSchema: { ...dataSchema, ...change(dataSchema) } } };
};
const metric = (name: string, change: object) =>
  schema(({ metricsSpec }) => ({
    metricsSpec: metricsSpec.map((one) => (one.name === name ? { ...one, ...change } : one)),
  }));

const FAULTS: Readonly<Record<string, Fault>> = {
  'no fault': {},
  'the events in another order': { rows: (rows) => rows.toReversed() },
  'several stored rows for one group': {
    task: (spec) => {
      // A subtask for each file.
      const split = { maxNumConcurrentSubTasks: 2, splitHintSpec: { type: 'maxSize', maxSplitSize: 1 } };
      return { ...spec, spec: { ...spec.spec, tuningConfig: { ...spec.spec.tuningConfig, ...split } } };
    },
  },
  'a missing event': {
    rows: (rows) => rows.slice(1),
    found: `Druid serves ${OF_HOUR - 1} events, the batch wrote ${OF_HOUR}`,
  },
  'a doubled event': { rows: (rows) => [...rows, ...rows.slice(0, 1)], found: `Druid serves ${OF_HOUR + 1} events` },
  'an altered whole number': { rows: first(({ ride }) => ({ ride: ride + 1 })), found: 'the metric ride_sum' },
  'a maximum that is altered': { task: metric('last_ride', { type: 'longMin' }), found: 'the metric last_ride' },
  'a double that is a cent off': { rows: first(({ price }) => ({ price: price + 0.01 })), found: 'the metric income' },
  'a sum of another column': { task: metric('income', { fieldName: 'ride' }), found: 'the metric income' },
  'a minimum that is altered': { task: metric('cheapest', { type: 'doubleMax' }), found: 'the metric cheapest' },
  'a theta sketch of another column': {
    task: metric('ride_count', { fieldName: 'zone' }),
    found: 'the metric ride_count',
  },
  'an HLL sketch of another column': {
    task: metric('ride_estimate', { fieldName: 'zone' }),
    found: 'the metric ride_estimate',
  },
  'a dimension of another length': { rows: first(() => ({ zone: 'JFK Airports!' })), found: 'the sum over zone' },
  'a dimension that is null': { rows: first(() => ({ zone: null })), found: 'zone has' },
  'a time in another quarter of an hour': {
    rows: first(({ at }) => ({ at: at.replace(/T07:\d\d/, 'T07:59') })),
    found: 'the sum over at',
  },
  'a dimension with another text of the same length': {
    rows: first(({ zone }) => ({ zone: zone?.replace(/.$/u, '?') ?? null })),
    found: 'the number of events in the group of',
  },
  'whole numbers exchanged between two groups': { rows: exchanged('ride'), found: 'the metric ride_sum is' },
  'doubles exchanged between two groups': { rows: exchanged('price'), found: 'the metric income is' },
  'zones exchanged between two events': { rows: exchanged('zone'), found: 'the number of events in the group of' },
  'a minimum that is not that of the hour': {
    rows: (rows) =>
      rows.map((row, index) => ({ ...row, price: row.price + (index === 4 ? 0.5 : index === 9 ? -0.5 : 0) })),
    found: 'in the group of',
  },
  'times that are cut further': {
    task: schema(({ granularitySpec }: { readonly granularitySpec?: object }) => ({
      granularitySpec: { ...granularitySpec, queryGranularity: 'HOUR' },
    })),
    found: 'the sum over at',
  },
  'rows without the count': {
    task: schema(({ metricsSpec }) => ({ metricsSpec: metricsSpec.filter(({ type }) => type !== 'count') })),
    found: 'has no column rides',
  },
  'a metric of another type': {
    task: metric('ride_sum', { type: 'doubleSum' }),
    found: 'ride_sum of 2026-03-14 is DOUBLE',
  },
};

/** The plan of a datasource of the fault's own. */
function planOf(index: number): DayPlan {
  const datasource = `${pipeline.topic}_${index}`;
  return { ...dayPlan(loaded.pipeline, date), datasource, realtimeDatasource: datasource };
}

function specOf(id: string, plan: DayPlan, files: readonly string[]): ReindexSpec {
  return reindexSpec(loaded.pipeline, loaded.outputColumns, {
    ...{ id, plan, source: { type: 'local', files }, size: { rows: 1, bytes: 1 }, subtasks: 1 },
  });
}

/** Has Druid load the day with the fault. */
async function load(plan: DayPlan, { rows = (all) => all, task = (spec) => spec }: Fault): Promise<void> {
  const folder = join(pipeline.output, date);
  const text = await readFile(join(folder, '07.ndjson'), 'utf8');
  const changed = rows(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Row),
  );
  const middle = Math.floor(changed.length / 2);
  const files = await Promise.all(
    [changed.slice(0, middle), changed.slice(middle)].map(async (half, index) => {
      const file = join(pipeline.folder, `${plan.datasource}-${index}.ndjson`);
      await writeFile(file, half.map((row) => `${JSON.stringify(row)}\n`).join(''));
      return file;
    }),
  );
  const others = HOURS.slice(1).map((hour) => join(folder, `${hour}.ndjson`));
  const id = `daybreak_${plan.datasource}`;
  await runTask(druid, { ...task(specOf(id, plan, [...files, ...others])), id });
  await until(`the rows of ${plan.datasource}`, () => druid.queries.hasDatasource(plan.datasource));
}

async function compare(plan: DayPlan): Promise<Comparison> {
  return withOutput({ location: pipeline.output, scratch: undefined }, date, async (output) => {
    const version = (await output.currentVersion()) ?? '';
    const published = await output.read(version);
    const built: BuiltRows = { output, version, hours: published?.manifest.hours ?? [] };
    return compareDay(druid, plan, built, loaded, { scratch: pipeline.folder });
  });
}

describe('the proof', () => {
  beforeAll(() => Promise.all(Object.values(FAULTS).map((fault, index) => load(planOf(index), fault))));

  it.each(Object.entries(FAULTS).map(([name, { found }], index) => [name, found, index] as const))(
    'of %s',
    async (_, found, index) => {
      const compared = compare(planOf(index));
      if (found === undefined) await expect(compared).resolves.toMatchObject({ kind: 'groups' });
      else
        await expect(compared).rejects.toMatchObject({
          code: 'PROOF_FAILED',
          what: expect.stringContaining(found) as string,
        });
    },
  );

  it('adds up several stored rows of one group', async () => {
    const index = Object.keys(FAULTS).indexOf('several stored rows for one group');
    const hour = (await compare(planOf(index))).hours.find((one) => one.hour === '07');
    expect(hour?.druidRows).toBe(OF_HOUR);
    expect(hour?.druidStored).toBeGreaterThan(40);
  });

  it('finds a row that realtime left in an hour, by events and by segments', async () => {
    const plan = planOf(0);
    const file = join(pipeline.folder, 'leftover.ndjson');
    await writeFile(
      file,
      `{"at":"${date}T11:00:00-04:00","ride":1,"zone":"JFK Airport","borough":null,"shared":true,"price":1}\n`,
    );
    const id = `daybreak_${plan.datasource}_leftover`;
    const hour = { type: 'period', period: 'PT1H', timeZone: plan.timeZone };
    const intervals = ['2026-03-14T15:00:00.000Z/2026-03-14T16:00:00.000Z'];
    const hourly = schema(({ granularitySpec }: { readonly granularitySpec?: object }) => ({
      granularitySpec: { ...granularitySpec, segmentGranularity: hour, intervals },
    }));
    await runTask(druid, { ...hourly(specOf(id, plan, [file])), id });
    await until('the segment of the hour', async () => (await visibleSegments(druid, plan)).length > 1);
    const visible = await visibleSegments(druid, plan);
    expect(() => {
      checkSegments(plan, visible, 1);
    }).toThrow('PROOF_FAILED');
    await until('the row', () =>
      compare(plan).then(
        () => false,
        (thrown: unknown) => thrown instanceof DaybreakError && thrown.what.includes('Druid serves 1 events'),
      ),
    );
  });
});
