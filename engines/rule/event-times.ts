import { TZDate } from '@date-fns/tz';
import { DuckDBInstance } from '@duckdb/node-api';
import { columnOf } from '../../domain/event-columns';
import type { Pipeline } from '../../domain/pipeline';
import { fieldAtSql } from './field-extraction';
import { jsonValueFault, jsonValueSql } from './json-value';
import { fieldRuleOf } from './record-columns';
import { isLocal, timeRuleOf } from './time-rule';

/** Reads the times of records, which may be bad otherwise. Only one call may run at a time. */
export interface EventTimes {
  /** The instant of each record by the pipeline's rule for times; undefined if it has no valid one. */
  of(values: readonly (Buffer | null)[]): Promise<(Date | undefined)[]>;
  close(): void;
}

export async function openEventTimes(pipeline: Pipeline): Promise<EventTimes> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', autoinstall_known_extensions: 'false' });
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  await connection.run('SET enable_external_access = false');
  const statement = await connection.prepare(timesSql(pipeline));
  return {
    async of(values) {
      if (values.length === 0) return [];
      statement.bindBlob(1, Buffer.from(values.map(lineOf).join('\n')));
      const rows = (await statement.runAndReadAll()).getRowsJS();
      return rows.map(([text]) => (typeof text === 'string' ? instantOf(text, pipeline) : undefined));
    },
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** The moment of the valid time of each line of the BLOB $1 as text, in order; NULL if it has none. */
function timesSql(pipeline: Pipeline): string {
  const { columns, time: declared } = pipeline.events;
  const column = columnOf(columns, declared.column);
  if (column === undefined) throw new Error(`${pipeline.name} has no column ${declared.column}`);
  const rule = fieldRuleOf(pipeline, column);
  const time = timeRuleOf(pipeline);
  return `SELECT CASE WHEN ${time.fault('moment')} IS NULL THEN ${time.moment('moment')}::VARCHAR END
    FROM (SELECT CASE WHEN ${jsonValueFault("''", rule, 'raw')} IS NULL THEN ${jsonValueSql(rule, 'raw')} END AS moment
    FROM (SELECT CASE WHEN json_valid(line) AND json_type(line) = 'OBJECT'
        THEN ${fieldAtSql('line', column.steps)} END AS raw
    FROM (SELECT unnest(string_split(decode($1), chr(10))) AS line)))`;
}

/** The value as one line: between the parts of a JSON text a line feed means the same as a blank. */
function lineOf(value: Buffer | null): string {
  return value?.toString().replaceAll('\n', ' ') ?? '';
}

/** @param moment see TimeRule. */
function instantOf(moment: string, { timeZone, events }: Pipeline): Date {
  if (!isLocal(events.time.format)) return new Date(Number(moment));
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0, milli = 0] = (moment.match(/\d+/g) ?? []).map(
    Number,
  );
  return new Date(new TZDate(year, month - 1, day, hour, minute, second, milli, timeZone).getTime());
}
