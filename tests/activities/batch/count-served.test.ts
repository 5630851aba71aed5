import { MockActivityEnvironment } from '@temporalio/testing';
import { countServed } from '../../../activities/batch/count-served';
import type { DruidClient } from '../../../clients/druid';
import { dayInterval, parseBusinessDate } from '../../../domain/business-date';
import type { ServedHour } from '../../../domain/daily-batch';
import { rollupSetting, type Rollup } from '../../../domain/rollup';
import { loadExample, scratchFolder } from '../../engines/scratch';

const scratch = scratchFolder();
const ROW = { time: '2026-11-21 07:00:00', user_id: 1, user_name: 'Ada', hello: 'hi', uid: 1 };
/** The seventh hour in Seoul. */
const SEVENTH = "__time >= TIMESTAMP '2026-11-20 22:00:00.000'";

interface Served {
  readonly hasSketches: boolean;
  /** The day's rows. Default: more than are compared row by row. */
  readonly rows?: number;
  readonly columns?: readonly string[];
  readonly rollup?: Rollup;
  /** Types in the day's segments that are not those of the pipeline, by column. */
  readonly types?: Readonly<Record<string, string>>;
  /** The rows of the seventh hour. Default: one of the pipeline's, twice. */
  readonly seventh?: readonly Readonly<Record<string, unknown>>[];
}

/** What is counted where Druid has two rows in one hour. */
async function count({
  hasSketches,
  rows = 3_000_000,
  columns = ['__time', ...Object.keys(ROW)],
  rollup,
  types = {},
  seventh = [ROW, ROW],
}: Served) {
  const example = await loadExample('events');
  const { pipeline } = example;
  const loaded = { ...example, pipeline: { ...pipeline, druid: { ...pipeline.druid, rollup } } };
  const asked: string[] = [];
  const queries = {
    columns: () => Promise.resolve(columns),
    hasFunction: () => Promise.resolve(hasSketches),
    segmentColumns: () =>
      Promise.resolve([
        { columns: {} },
        { columns: Object.fromEntries(Object.entries(types).map(([name, type]) => [name, { typeSignature: type }])) },
      ]),
    sql: (query: string) => {
      asked.push(query);
      if (query.includes('"stored"')) {
        return Promise.resolve([query.includes(SEVENTH) ? { stored: 2, events: 30 } : { stored: 0, events: 0 }]);
      }
      if (!query.includes('"distinct"')) return Promise.resolve([{ rows }]);
      const found = query.includes(SEVENTH) ? 1_000_000 : 0;
      return Promise.resolve([{ rows: found, distinct: { estimate: found / 2, lowBound: found * 0.49 } }]);
    },
    sqlLines: async function* (query: string) {
      asked.push(query);
      await Promise.resolve();
      if (query.includes(SEVENTH)) yield Buffer.from(seventh.map((row) => `${JSON.stringify(row)}\n`).join(''));
    },
  };
  const druid = { queries } as unknown as DruidClient; // What is not there is not called.
  const interval = dayInterval(parseBusinessDate('2026-11-21'), loaded.pipeline.timeZone);
  let hours: ServedHour[] = [];
  await new MockActivityEnvironment().run(async () => {
    hours = await countServed(druid, { datasource: 'events', interval }, loaded, { scratch });
  });
  return { hours, asked };
}

it('has Druid count the distinct rows of a large day, and says what they are at least', async () => {
  const { hours, asked } = await count({ hasSketches: true });
  expect(hours).toEqual([{ hour: '07', rows: 1_000_000, distinct: 500_000, atLeast: 490_000 }]);
  expect(asked.filter((query) => query.startsWith('SELECT TIME_FORMAT'))).toEqual([]);
});

it.each<[string, Served]>([
  ['of a small day', { hasSketches: true, rows: 2_000_000 }],
  ['where Druid has no sketches', { hasSketches: false }],
])('fetches the rows %s', async (_, served) => {
  expect((await count(served)).hours).toEqual([{ hour: '07', rows: 2, distinct: 1 }]);
});

it('passes over a column that Druid does not have yet', async () => {
  const { hours, asked } = await count({ hasSketches: true, rows: 1, columns: ['__time', 'user_id'] });
  expect(hours).toEqual([{ hour: '07', rows: 2, distinct: 1 }]);
  expect(asked.filter((query) => /user_name|hello/.test(query))).toEqual([]);
});

describe('of rows that are of an earlier version of the pipeline', () => {
  it.each<[string, unknown, string]>([
    ['STRING', '"a text"', 'user_id'],
    ['DOUBLE', '1.5', 'user_id'],
    ['ARRAY<LONG>', '[1,2]', 'user_id'],
    ['COMPLEX<json>', '{"a":[1]}', 'hello'],
    ['LONG', '7', 'hello'],
  ])('counts a column of the type %s by its values %s', async (type, value, column) => {
    const row = { ...ROW, [column]: value };
    const served = { types: { [column]: type }, seventh: [row, row] };
    const fetched = await count({ hasSketches: false, ...served });
    expect(fetched.hours).toEqual([{ hour: '07', rows: 2, distinct: 1 }]);
    expect(fetched.asked.at(-1)).toContain(`TO_JSON_STRING("${column}") AS "${column}"`);
    const { asked } = await count({ hasSketches: true, ...served });
    expect(asked.at(-1)).toContain(`STRLEN(TO_JSON_STRING("${column}"))`);
  });

  it('counts a value once that one segment has as a number and another as text', async () => {
    const seventh = ['5', '"5"'].map((value) => ({ ...ROW, user_id: value }));
    const { hours } = await count({ hasSketches: false, types: { user_id: 'STRING' }, seventh });
    expect(hours).toEqual([{ hour: '07', rows: 2, distinct: 1 }]);
  });
});

it('asks nothing of a datasource that Druid does not know', async () => {
  expect(await count({ hasSketches: true, columns: [] })).toEqual({ hours: [], asked: [] });
});

describe('of rolled-up rows', () => {
  const rollup = rollupSetting.parse({ dimensions: ['hello'], metrics: [{ name: 'hellos', type: 'count' }] });

  it('adds up the events of the stored rows, without fetching any', async () => {
    const { hours, asked } = await count({ hasSketches: false, columns: ['__time', 'hello', 'hellos'], rollup });
    expect(hours).toEqual([{ hour: '07', rows: 30, distinct: 30, stored: 2 }]);
    expect(asked.at(-1)).toContain('SUM(COALESCE("hellos", 1))');
    expect(asked.filter((query) => query.startsWith('SELECT TIME_FORMAT'))).toEqual([]);
  });

  it.each<[string, readonly string[], Served['types']]>([
    ['', ['__time', 'hello'], {}],
    [', also with another column of that name', ['__time', 'hello', 'hellos'], { hellos: 'STRING' }],
  ])(
    'takes rows that were stored before the pipeline rolled up for an event each%s',
    async (_, columns, types = {}) => {
      const { asked } = await count({ hasSketches: true, columns, types, rollup });
      expect(asked.at(-1)).not.toContain('hellos');
    },
  );
});
