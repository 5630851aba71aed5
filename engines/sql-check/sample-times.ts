import type { DuckDBConnection } from '@duckdb/node-api';
import { DaybreakError } from '../../domain/errors';
import { decimalOf, elementTypeOf, type EventType, type ValueType } from '../../domain/column-types';
import { eventColumnsOf } from '../../domain/event-columns';
import { outputTimeColumnOf, type Pipeline, type TimeFormat } from '../../domain/pipeline';
import { emptyStage, STAGED } from '../duckdb/database';
import { queryTexts } from '../duckdb/query';
import { EVENT_TIME, timeHoldsSql } from '../rule/row-time';
import { literal, quoted } from '../duckdb/sql';
import { timeRuleOf } from '../rule/time-rule';
import { valueFailureIn } from '../duckdb/value-failure';

/**
 * Times in both halves of a year and of a day, and not at a whole minute, so that a shifted or rounded time differs.
 */
const SAMPLES = [
  '2026-01-15T05:17:29.123Z',
  '2026-01-15T23:59:59.999Z',
  '2026-07-15T00:07:11.001Z',
  '2026-07-15T13:31:01.010Z',
];
const SAMPLE_VALUES: Readonly<Record<Exclude<ValueType, `DECIMAL${string}`>, string>> = {
  VARCHAR: "'a'",
  BIGINT: '1',
  DOUBLE: '1.5',
  BOOLEAN: 'true',
  JSON: `'{"a":[1,"b"]}'`,
};

/** A value of the type, as SQL. */
export function sampleOf(type: EventType): string {
  const element = elementTypeOf<ValueType>(type);
  if (element !== undefined) return `[${sampleOf(element)}]`;
  return decimalOf(type) === undefined ? SAMPLE_VALUES[type as keyof typeof SAMPLE_VALUES] : '0';
}

/**
 * Throws BAD_TRANSFORM if every row that the transform makes of sample events has a valid time, but not that of its
 * event: then its rows could not replace any day. Real events are checked one by one later.
 */
export async function checkSampleTimes(
  connection: DuckDBConnection,
  pipeline: Pipeline,
  timed: string,
  file: string,
): Promise<void> {
  const column = outputTimeColumnOf(pipeline);
  const [row, event] = [quoted(column), quoted(EVENT_TIME)];
  const rule = timeRuleOf(pipeline);
  const seen: { readonly event: string; readonly row: string; readonly sameHour: boolean }[] = [];
  for (const values of sampleEvents(pipeline)) {
    await emptyStage(connection, pipeline);
    await connection.run(`INSERT INTO ${STAGED} VALUES (${values.join(', ')}, NULL)`);
    let rows: (string | null)[][] = [];
    // If it fails on one event, that says nothing about the others.
    await valueFailureIn(async () => {
      rows = await queryTexts(
        connection,
        `SELECT ${event}::VARCHAR, ${row}::VARCHAR, (${timeHoldsSql(pipeline, row, event)})::VARCHAR,
           (${rule.dateAndHour(row)} = ${rule.dateAndHour(event)})::VARCHAR
         FROM (\n${timed}\n) AS daybreak_output WHERE (${rule.fault(row)}) IS NULL AND ${row} IS NOT NULL`,
      );
    });
    if (rows.some(([, , holds]) => holds === 'true')) return;
    seen.push(...rows.map(([of, found, , same]) => ({ event: of ?? '', row: found ?? '', sameHour: same === 'true' })));
  }
  await emptyStage(connection, pipeline);
  const [first] = seen;
  if (first === undefined) return;
  const sameHour = seen.every((one) => one.sameHour);
  throw new DaybreakError('BAD_TRANSFORM', {
    what: `${file}: ${column} is not the time of the event: of an event of ${first.event} it makes a row of ${first.row}`,
    remedy: sameHour
      ? `Give the event's own time as ${column}, or set druid.rowTime: hour, since the row stays in its hour.`
      : `Give the event's own time as ${column}, and the other time as a column of another name: a day could not be replaced by rows of other days or hours.`,
  });
}

/**
 * The values, as SQL, of the sample events: first each sample with only its time, then each with a value in every
 * column.
 */
export function sampleEvents({ events }: Pipeline): string[][] {
  const { column: time, format } = events.time;
  return [() => 'NULL', sampleOf].flatMap((valueOf) =>
    SAMPLES.map((sample) =>
      eventColumnsOf(events).map(({ name, type }) => (name === time ? written(sample, format, type) : valueOf(type))),
    ),
  );
}

/** As SQL. */
function written(sample: string, format: TimeFormat, type: EventType): string {
  const milliseconds = Date.parse(sample);
  switch (format) {
    case 'yyyy-MM-dd HH:mm:ss':
      return literal(sample.slice(0, 19).replace('T', ' '));
    case 'yyyy-MM-dd HH:mm:ss.SSS':
    case 'local':
      return literal(sample.slice(0, 23).replace('T', ' '));
    case "yyyy-MM-dd'T'HH:mm:ss":
      return literal(sample.slice(0, 19));
    case 'iso':
      return literal(sample);
    case 'epoch-seconds':
      return type === 'DOUBLE' ? `${milliseconds / 1000}::DOUBLE` : String(Math.floor(milliseconds / 1000));
    case 'epoch-milliseconds':
      return String(milliseconds);
    case 'epoch-microseconds':
      return `${milliseconds}000`;
    case 'epoch-nanoseconds':
      return `${milliseconds}000000`;
  }
}
