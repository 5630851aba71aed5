import { join } from 'node:path';
import type { Pipeline } from '../../../domain/pipeline';
import { rollupSetting } from '../../../domain/rollup';
import { noRolledUpFigures, rolledUpFiguresOfFile } from '../../../engines/duckdb/rolled-up-figures';
import { withRowsReader } from '../../../engines/duckdb/rows-of-file';
import { loadExample, scratchFolder, writeFiles } from '../scratch';

const scratch = scratchFolder();
const metric = (type: string, column: string, more = {}): object => ({
  name: `${type}_${column}`,
  type,
  column,
  ...more,
});

async function figuresOf(example: 'events' | 'rides', settings: object, rows: readonly object[], zone?: string) {
  const { pipeline, outputColumns } = await loadExample(example);
  const rollup = rollupSetting.parse(settings);
  const druid = { ...pipeline.druid, rollup };
  const changed: Pipeline = { ...pipeline, timeZone: zone ?? pipeline.timeZone, druid };
  const file = join(scratch, 'rows.ndjson');
  await writeFiles(scratch, { 'rows.ndjson': rows.map((row) => `${JSON.stringify(row)}\n`).join('') });
  return {
    figures: await withRowsReader(changed, { scratch, columns: outputColumns }, (reader) =>
      rolledUpFiguresOfFile(reader, rollup, outputColumns, file),
    ),
    none: noRolledUpFigures(changed, rollup, outputColumns),
  };
}

const ROWS = [
  { time: '1970-01-01 00:14:59', user_id: 1, user_name: 'Ada', hello: 'hi', uid: 1 },
  { time: '1970-01-01 00:15:00', user_id: 2, user_name: null, hello: '', uid: 1 },
  { time: '1970-01-01 00:44:00', user_id: 3, user_name: 'Bo', hello: 'hi', uid: null },
];

it('counts events, and each value of a dimension as often as it has events', async () => {
  const settings = { queryGranularity: 'FIFTEEN_MINUTE', dimensions: ['uid', 'user_name'] };
  const { figures } = await figuresOf('events', settings, ROWS);
  expect(figures).toEqual({
    rows: 3,
    columns: [
      { name: 'time', values: 3, sum: `${(0 + 15 + 30) * 60_000}` },
      { name: 'uid', values: 2, sum: '2' },
      { name: 'user_name', values: 2, sum: '5' },
    ],
    metrics: [],
  });
});

it('has the exact value of each metric, and how far Druid’s may be from it', async () => {
  const metrics = [
    metric('longSum', 'user_id'),
    metric('longMin', 'uid'),
    metric('doubleMax', 'user_id'),
    metric('doubleSum', 'user_id'),
    metric('hll', 'hello'),
    metric('theta', 'user_id'),
  ];
  const { figures } = await figuresOf('events', { dimensions: ['uid'], metrics }, ROWS);
  expect(figures.metrics).toEqual([
    { name: 'longSum_user_id', value: '6', error: 0 },
    { name: 'longMin_uid', value: '1', error: 0 },
    { name: 'doubleMax_user_id', value: '3', error: 0 },
    { name: 'doubleSum_user_id', value: '6', error: 3 * 2 ** -52 * 6 },
    // Sketches pass over the empty text.
    { name: 'hll_hello', value: '1', error: 1 },
    { name: 'theta_user_id', value: '3', error: 0 },
  ]);
});

it('keeps sums of integers as Druid does, modulo 2^64', async () => {
  const largest = { at: '2026-03-14T07:00:00Z', ride: 9_007_199_254_740_992 };
  const metrics = [metric('longSum', 'ride')];
  const { figures } = await figuresOf(
    'rides',
    { dimensions: ['zone'], metrics },
    Array(1025).fill(largest) as object[],
  );
  expect(figures.metrics[0]?.value).toBe(BigInt.asIntN(64, 1025n * 2n ** 53n).toString());
});

it.each([
  ['HOUR', 'Asia/Kolkata', '2026-03-14T07:45:00Z', '2026-03-14T13:00:00Z'],
  ['HOUR', 'America/New_York', '2026-03-14T07:45:59.999Z', '2026-03-14T03:00:00Z'],
  ['MINUTE', 'America/New_York', '2026-03-14T07:45:59.999Z', '2026-03-14T03:45:00Z'],
  ['NONE', 'UTC', '1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999Z'],
  ['HOUR', 'UTC', '1969-12-31T23:59:59.999Z', '1969-12-31T23:00:00Z'],
])('cuts times to %s by the clocks of %s: %s', async (queryGranularity, timeZone, at, local) => {
  const { figures } = await figuresOf('rides', { queryGranularity, dimensions: ['zone'] }, [{ at, ride: 1 }], timeZone);
  expect(figures.columns[0]).toEqual({ name: 'at', values: 1, sum: `${Date.parse(local)}` });
});

it('has no values of no rows, as Druid has', async () => {
  const metrics = [metric('longSum', 'user_id'), metric('doubleSum', 'uid'), metric('hll', 'hello')];
  const { figures, none } = await figuresOf('events', { dimensions: ['uid'], metrics }, []);
  expect(none.metrics.map(({ value }) => value)).toEqual([null, null, '0']);
  expect(figures.metrics.map(({ value }) => value)).toEqual([null, null, '0']);
  expect([figures.rows, figures.columns]).toEqual([none.rows, none.columns]);
});
