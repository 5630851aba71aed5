import type { TimeFormat } from '../../../domain/pipeline';
import { openDatabase, type Database } from '../../../engines/duckdb/database';
import { queryTexts } from '../../../engines/duckdb/query';
import { timeRuleOf, type TimeRule } from '../../../engines/rule/time-rule';
import { loadPipeline } from '../../../engines/load-pipeline';

let database: Database;

beforeAll(async () => {
  const { pipeline } = await loadPipeline('pipelines/events');
  database = await openDatabase(pipeline, undefined);
});
afterAll(() => {
  database.close();
});

it.each<[TimeFormat, 'BIGINT' | 'DOUBLE', string, string]>([
  ['epoch-seconds', 'BIGINT', '1795204800', 'valid'],
  ['epoch-seconds', 'BIGINT', '1795204800123', 'milliseconds'],
  ['epoch-seconds', 'BIGINT', '1795204800123456', 'microseconds'],
  ['epoch-seconds', 'BIGINT', '1795204800123456789', 'nanoseconds'],
  ['epoch-seconds', 'DOUBLE', '1795204800.5', 'valid'],
  ['epoch-seconds', 'DOUBLE', '1795204800123.5', 'milliseconds'],
  ['epoch-milliseconds', 'BIGINT', '1795204800', 'seconds'],
  ['epoch-milliseconds', 'BIGINT', '1795204800123456', 'microseconds'],
  ['epoch-microseconds', 'BIGINT', '1795204800', 'seconds'],
  ['epoch-microseconds', 'BIGINT', '-1795204800123', 'milliseconds'],
  ['epoch-microseconds', 'BIGINT', '1795204800123456', 'valid'],
  ['epoch-microseconds', 'BIGINT', '1795204800123456789', 'nanoseconds'],
  ['epoch-nanoseconds', 'BIGINT', '1795204800123', 'milliseconds'],
  ['epoch-nanoseconds', 'BIGINT', '1795204800123456', 'microseconds'],
  ['epoch-nanoseconds', 'BIGINT', '1795204800123456789', 'valid'],
])('%s as a %s: %s is %s', async (format, type, number, unit) => {
  expect(await faultOf(format, type, number)).toBe(
    unit === 'valid'
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

it.each<[TimeFormat, string]>([
  ['epoch-milliseconds', ''],
  ['epoch-microseconds', '000'],
  ['epoch-nanoseconds', '999999'],
])('a part of a second before 1970 stays in its hour, as %s', async (format, rest) => {
  const beforeNine = Date.UTC(1969, 10, 21, 9) - 1;
  const rule = await ruleOf(format, 'BIGINT');
  const hours = await queryTexts(database.connection, `SELECT ${rule.dateAndHour(`(${beforeNine}${rest}::BIGINT)`)}`);
  expect(hours).toEqual([['1969-11-21 17']]);
});

async function ruleOf(format: TimeFormat, type: 'BIGINT' | 'DOUBLE'): Promise<TimeRule> {
  const { pipeline } = await loadPipeline('pipelines/events');
  const events = { ...pipeline.events, columns: { time: type }, time: { column: 'time', format } };
  return timeRuleOf({ ...pipeline, events });
}

async function faultOf(format: TimeFormat, type: 'BIGINT' | 'DOUBLE', number: string): Promise<string | null> {
  const rule = await ruleOf(format, type);
  const [row] = await queryTexts(
    database.connection,
    `SELECT ${rule.fault('v')} FROM (SELECT '${number}'::${type} AS v)`,
  );
  return row?.[0] ?? null;
}
