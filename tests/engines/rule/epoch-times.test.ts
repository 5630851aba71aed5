import type { TimeFormat } from '../../../domain/pipeline';
import { openDatabase, type Database } from '../../../engines/duckdb/database';
import { queryTexts } from '../../../engines/duckdb/query';
import { timeRuleOf } from '../../../engines/rule/time-rule';
import { loadPipeline } from '../../../engines/load-pipeline';
import { scratchFolder } from '../scratch';

const root = scratchFolder();
let database: Database;

beforeAll(async () => {
  const { pipeline } = await loadPipeline('pipelines/events');
  database = await openDatabase(pipeline, root, { tables: false });
});
afterAll(() => {
  database.close();
});

it.each<[TimeFormat, 'BIGINT' | 'DOUBLE', string, string | undefined]>([
  ['epoch-seconds', 'BIGINT', '1795204800', undefined],
  ['epoch-seconds', 'BIGINT', '1795204800123', 'milliseconds'],
  ['epoch-seconds', 'BIGINT', '1795204800123456', 'microseconds'],
  ['epoch-seconds', 'BIGINT', '1795204800123456789', 'nanoseconds'],
  ['epoch-seconds', 'DOUBLE', '1795204800.5', undefined],
  ['epoch-seconds', 'DOUBLE', '1795204800123.5', 'milliseconds'],
  ['epoch-milliseconds', 'BIGINT', '1795204800', 'seconds'],
  ['epoch-milliseconds', 'BIGINT', '1795204800123456', 'microseconds'],
  ['epoch-microseconds', 'BIGINT', '1795204800', 'seconds'],
  ['epoch-microseconds', 'BIGINT', '-1795204800123', 'milliseconds'],
  ['epoch-microseconds', 'BIGINT', '1795204800123456', undefined],
  ['epoch-microseconds', 'BIGINT', '1795204800123456789', 'nanoseconds'],
  ['epoch-nanoseconds', 'BIGINT', '1795204800123', 'milliseconds'],
  ['epoch-nanoseconds', 'BIGINT', '1795204800123456', 'microseconds'],
  ['epoch-nanoseconds', 'BIGINT', '1795204800123456789', undefined],
])('%s as a %s: %s is %s', async (format, type, number, unit) => {
  expect(await faultOf(format, type, number)).toBe(
    unit === undefined
      ? null
      : `time is ${number}, not ${format.slice(6)} since 1970 of the years 1900 to 2099; it looks like ${unit}`,
  );
});

it.each<[TimeFormat, 'BIGINT' | 'DOUBLE', string]>([
  ['epoch-nanoseconds', 'BIGINT', '9223372036854775807'],
  ['epoch-seconds', 'DOUBLE', '1e+300'],
  ['epoch-seconds', 'DOUBLE', 'inf'],
  ['epoch-seconds', 'DOUBLE', 'nan'],
])('%s as a %s: %s is of no unit', async (format, type, number) => {
  expect(await faultOf(format, type, number)).toBe(
    `time is ${number}, not ${format.slice(6)} since 1970 of the years 1900 to 2099`,
  );
});

async function faultOf(format: TimeFormat, type: 'BIGINT' | 'DOUBLE', number: string): Promise<string | null> {
  const { pipeline } = await loadPipeline('pipelines/events');
  const events = { ...pipeline.events, columns: { time: type }, time: { column: 'time', format } };
  const rule = timeRuleOf({ ...pipeline, events });
  const [row] = await queryTexts(
    database.connection,
    `SELECT ${rule.fault('v')} FROM (SELECT '${number}'::${type} AS v)`,
  );
  return row?.[0] ?? null;
}
