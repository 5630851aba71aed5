import { join } from 'node:path';
import { rollupSetting } from '../../../domain/rollup';
import { firstDifferentGroup } from '../../../engines/duckdb/rolled-up-groups';
import { withRowsReader, type RowsReader } from '../../../engines/duckdb/rows-of-file';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { loadExample, scratchFolder, writeFiles } from '../scratch';

const scratch = scratchFolder();

const ROWS = [
  { time: '1970-01-01 00:14:59', user_id: 1, user_name: 'Ada', hello: 'hi', uid: 1 },
  { time: '1970-01-01 00:14:59.5', user_id: 2, user_name: 'Ada', hello: 'hi', uid: 2 },
  { time: '1970-01-01 00:44:00', user_id: 3, user_name: null, hello: '', uid: null },
];
const ROLLUP = rollupSetting.parse({
  queryGranularity: 'FIFTEEN_MINUTE',
  dimensions: ['user_name'],
  metrics: [
    { name: 'ids', type: 'longSum', column: 'user_id' },
    { name: 'uids', type: 'doubleSum', column: 'uid' },
    { name: 'last', type: 'longMax', column: 'user_id' },
    { name: 'first', type: 'doubleMin', column: 'uid' },
    { name: 'distinct', type: 'hll', column: 'hello' },
  ],
});

/** What Druid stores of these rows, in two rows for the first group. */
const STORED = [
  { t: 0, e: 1, d0: 'Ada', m0: 1, m1: '1.0', m2: 1, m3: '1.0' },
  { t: 0, e: 1, d0: 'Ada', m0: 2, m1: '2.0', m2: 2, m3: '2.0' },
  { t: 1_800_000, e: 1, d0: null, m0: 3, m1: null, m2: 3, m3: null },
];

async function different(stored: readonly object[], rows: readonly object[] = ROWS): Promise<string | undefined> {
  const { pipeline, outputColumns: columns } = await rolledUp();
  return withRowsReader(pipeline, { scratch, columns }, (reader) => differentIn(reader, stored, rows));
}

async function rolledUp(): Promise<Pick<LoadedPipeline, 'pipeline' | 'outputColumns'>> {
  const { pipeline, outputColumns } = await loadExample('events');
  const events = { ...pipeline.events, time: { ...pipeline.events.time, format: 'local' as const } };
  return { pipeline: { ...pipeline, events, druid: { ...pipeline.druid, rollup: ROLLUP } }, outputColumns };
}

async function differentIn(
  reader: RowsReader,
  stored: readonly object[],
  rows: readonly object[],
): Promise<string | undefined> {
  const { outputColumns } = await rolledUp();
  const lines = (all: readonly object[]): string => all.map((one) => `${JSON.stringify(one)}\n`).join('');
  await writeFiles(scratch, { 'rows.ndjson': lines(rows) });
  // eslint-disable-next-line @typescript-eslint/require-await
  const served = async function* (): AsyncGenerator<Buffer> {
    const text = lines(stored);
    yield Buffer.from(text.slice(0, 20));
    yield Buffer.from(`${text.slice(20)}\n`);
  };
  const file = join(scratch, 'rows.ndjson');
  const columns = outputColumns.map((one) => (one.name === 'uid' ? { ...one, type: 'DOUBLE' as const } : one));
  return firstDifferentGroup(reader, ROLLUP, columns, { file, stored: served() });
}

const changed = (at: number, change: object): object[] =>
  STORED.map((row, index) => (index === at ? { ...row, ...change } : row));

it('finds nothing where each group is the same, also with several stored rows', async () => {
  expect(await different(STORED)).toBeUndefined();
  expect(await different(STORED.toReversed())).toBeUndefined();
});

it('compares several hours at once with one reader', async () => {
  const { pipeline, outputColumns: columns } = await rolledUp();
  const found = await withRowsReader(pipeline, { scratch, columns }, (reader) =>
    Promise.all([STORED, changed(1, { m0: 3 }), STORED].map((stored) => differentIn(reader, stored, ROWS))),
  );
  expect(found).toEqual([undefined, expect.stringContaining('the metric ids is 4 in Druid, and 3'), undefined]);
});

it.each([
  ['a sum', changed(1, { m0: 3 }), 'the metric ids is 4 in Druid, and 3'],
  ['a sum of doubles', changed(1, { m1: '2.01' }), 'the metric uids is 3.01 in Druid, and 3 over'],
  ['a maximum', changed(1, { m2: 1 }), 'the metric last is 1 in Druid, and 2'],
  ['a minimum', changed(0, { m3: '1.5' }), 'the metric first is 1.5 in Druid, and 1 over'],
  ['no value', changed(2, { m0: null }), 'user_name null the metric ids is nothing in Druid, and 3'],
  ['a value for none', changed(2, { m1: '0.0' }), 'the metric uids is 0 in Druid, and nothing'],
  ['the number of events', changed(0, { e: 2 }), 'user_name Ada is 3 in Druid, and 2 over'],
  ['a time', changed(2, { t: 2_700_000 }), 'time 1970-01-01 00:30:00, user_name null is 0 in Druid, and 1 over'],
  ['a dimension', changed(2, { d0: '' }), 'is 1 in Druid, and 0 over'],
  ['a group that is missing', STORED.slice(0, 2), 'is 0 in Druid, and 1 over'],
])('names the group with another value of %s', async (_, stored, found) => {
  expect(await different(stored)).toContain(found);
});

it('takes sums modulo 2^64, and doubles that were added up in another order', async () => {
  const at = { time: '1970-01-01 00:00:00', user_name: 'Ada', hello: '' };
  const rows = [0.1, 0.2, 0.3].map((uid) => ({ ...at, user_id: 1, uid: uid * 10 }));
  expect(await different([{ ...STORED[0], e: 3, m0: 3, m1: '6.000000000000001', m2: 1 }], rows)).toBeUndefined();
});

it('takes any value of a sum of doubles that can overflow, but not none', async () => {
  const at = { time: '1970-01-01 00:00:00', user_name: 'Ada', hello: '', user_id: 1 };
  const rows = [1.7e308, 1.7e308, -1.7e308].map((uid) => ({ ...at, uid }));
  const stored = (sum: string | null): object[] => [{ ...STORED[0], e: 3, m0: 3, m1: sum, m2: 1, m3: '-1.7E308' }];
  for (const sum of ['1.7E308', 'Infinity', 'NaN']) expect(await different(stored(sum), rows)).toBeUndefined();
  expect(await different(stored(null), rows)).toContain('the metric uids is nothing in Druid');
});
