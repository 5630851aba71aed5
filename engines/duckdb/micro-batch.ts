import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { isLineTooLarge, likelyLineOf, onlyLineOf, NOT_UTF8, tooLarge } from '../input/framing/record-framing';
import type { MicroBatchResult, MicroBatchTransform, OutputMessage, Reject } from '../model/micro-batch';
import { refuseMultipliedRows } from '../rule/multiplied-rows';
import { openDatabase, type Database } from './database';
import { fastPath } from './fast-path';
import type { EventProof } from '../model/fast-path';
import { outputRowsSql } from './output-rows';
import { StatementCache } from './query';
import { NOTE, parseLinesSql } from '../rule/record-rule';
import { columnsSql, quoted } from './sql';
import { timeRuleOf } from '../rule/time-rule';
import { valueFailureOf } from './value-failure';
import { wrongRowsFrom, wrongRowsSql } from './wrong-rows';

export interface MicroBatchOptions {
  /** In bytes. Default: DuckDB's, 80 % of the machine's memory. */
  readonly memoryLimit?: number;
}

/** Opens a database with the tables of a pipeline for its micro-batches; see `microBatchTransform`. */
export async function openMicroBatch(
  loaded: LoadedPipeline,
  { memoryLimit }: MicroBatchOptions = {},
): Promise<MicroBatchTransform> {
  const { pipeline, tables } = loaded;
  const database = await openDatabase(pipeline, tables, memoryLimit === undefined ? {} : { memoryLimit });
  return microBatchTransform(loaded, database);
}

/**
 * The transform of a pipeline for micro-batches, in a database that holds its tables and is closed with it. Output rows
 * come in the order of their events, except that DuckDB puts rows for which a left join finds nothing behind their
 * neighbours. Rejects come by index. `run` throws ENGINE_FAILED if DuckDB fails on a batch (for example for lack of
 * memory), and MULTIPLIED_ROWS if it gives more rows than events.
 */
export function microBatchTransform(loaded: LoadedPipeline, database: Database): MicroBatchTransform {
  const { pipeline } = loaded;
  const { maximumBytes } = pipeline.events;
  const output = outputRowsSql(loaded);
  const statements = new StatementCache(database.connection);
  const time = timeRuleOf(pipeline);

  async function rowOf(sql: string, text: Buffer): Promise<unknown> {
    const statement = await statements.prepare(sql);
    statement.bindBlob(1, text);
    const [row] = (await statement.runAndReadAll()).getRowsJS();
    return row;
  }

  async function areProven(count: number, text: Buffer, { countSql }: EventProof): Promise<boolean> {
    const [lines, proven] = countsSchema.parse(await rowOf(countSql, text));
    return lines === count && proven === count;
  }

  /** SQL that fails on a row of a table may fail without any event. The only record is bad for its own fault all the same. */
  async function outcomeOf(text: Buffer, parse: string): Promise<Outcome> {
    try {
      return outcomeSchema.parse(await rowOf(batchSql(pipeline, output, parse), text));
    } catch (thrown) {
      if (text.includes(LINE_FEED) || valueFailureOf(thrown) === undefined) throw thrown;
      const outcome = outcomeSchema.parse(await rowOf(parsedSql(pipeline, parse, NO_ROWS_SQL), text));
      if (outcome.faults.length === 0) throw thrown;
      return outcome;
    }
  }

  /** Undefined if a value is not one line, or holds bytes that are not text. */
  async function attempt({ lines, rejects }: Separated): Promise<MicroBatchResult | undefined> {
    if (lines.length === 0) return { messages: [], rejects, wrong: wrongRowsFrom(pipeline, []) };
    const text = joined(lines);
    if (!isUtf8(text)) return undefined;
    const proof = fastPath?.proveEvents(text, pipeline);
    const isProven = proof !== undefined && (await areProven(lines.length, text, proof));
    const { count, faults, keys, values, wrong } = isProven
      ? outcomeSchema.parse(await rowOf(provenBatchSql(pipeline, output, proof), text))
      : await outcomeOf(text, parseLinesSql({ pipeline, time, proof }));
    if (!isProven && count !== lines.length) return undefined;
    const events = lines.length - faults.length;
    refuseMultipliedRows(loaded, { events, rows: values.length, of: 'a micro-batch' });
    const found = faults.map(({ line, fault }) => ({ index: lines[line]?.index ?? line, reason: reasonOf(fault) }));
    return {
      messages: messagesOf(keys, values),
      rejects: found.length === 0 ? rejects : [...rejects, ...found].sort((a, b) => a.index - b.index),
      wrong: wrongRowsFrom(pipeline, wrong),
    };
  }

  return {
    async run(values) {
      try {
        // The first attempt assumes that every value is one line of text: to check each would cost more.
        const result =
          (await attempt(separate(values, likelyLineOf, maximumBytes))) ??
          (await attempt(separate(values, lineOrFaultOf, maximumBytes)));
        if (result === undefined) throw new Error('DuckDB counted other lines than it was given');
        return result;
      } catch (cause) {
        if (cause instanceof DaybreakError) throw cause;
        throw new DaybreakError('ENGINE_FAILED', {
          what: `DuckDB failed on a micro-batch of ${values.length} records of ${pipeline.name}: ${messageOf(cause)}`,
          remedy: 'Give the worker more memory, or make the micro-batches smaller.',
          cause,
        });
      }
    },
    close: () => {
      database.close();
    },
  };
}

interface Line {
  /** Position in the micro-batch. */
  readonly index: number;
  readonly text: Buffer;
}

interface Separated {
  readonly lines: readonly Line[];
  readonly rejects: readonly Reject[];
}

/** `lineOf` gives the only line of a value, or the reason why the value is not a record. */
function separate(
  values: readonly (Buffer | null)[],
  lineOf: (value: Buffer) => Buffer | string,
  maximumBytes: number,
): Separated {
  const lines: Line[] = [];
  const rejects: Reject[] = [];
  values.forEach((value, index) => {
    const line =
      value === null
        ? 'a tombstone, not a record'
        : isLineTooLarge(value, maximumBytes)
          ? tooLarge(maximumBytes)
          : lineOf(value);
    if (typeof line === 'string') rejects.push({ index, reason: line });
    else lines.push({ index, text: line });
  });
  return { lines, rejects };
}

const LINE_FEED = 10;

function lineOrFaultOf(value: Buffer): Buffer | string {
  return isUtf8(value) ? (onlyLineOf(value) ?? 'more than one line') : NOT_UTF8;
}

function joined(lines: readonly Line[]): Buffer {
  const bytes = Buffer.allocUnsafe(lines.reduce((total, { text }) => total + text.length + 1, -1));
  let end = 0;
  for (const [index, { text }] of lines.entries()) {
    if (index > 0) bytes[end++] = LINE_FEED;
    end += text.copy(bytes, end);
  }
  return bytes;
}

/**
 * The whole batch in one row: the number of lines, the faults, the keys as JSON, the rows as JSON joined by line feeds,
 * and how many of them each check finds wrong. If JavaScript fetched values row by row, that would cost more than the transform.
 */
function batchSql(pipeline: Pipeline, transform: string, parse: string): string {
  return parsedSql(pipeline, parse, rowsSql(pipeline, transform));
}

/** `rows` as SQL of the columns behind the faults, and FROM. */
function parsedSql(pipeline: Pipeline, parse: string, rows: string): string {
  return `WITH daybreak_parsed AS MATERIALIZED (SELECT *, (row_number() OVER ()) - 1 AS daybreak_line FROM (${parse})),
    events AS (SELECT ${columnsSql(pipeline)} FROM daybreak_parsed WHERE ${NOTE} IS NULL)
  SELECT (SELECT count(*) FROM daybreak_parsed)::INTEGER AS count,
    (SELECT to_json(list({line: daybreak_line, fault: split_part(substr(${NOTE}, 2), chr(10), 1)}))
      FROM daybreak_parsed WHERE ${NOTE} IS NOT NULL)::VARCHAR AS faults,
    ${rows}`;
}

const NO_ROWS_SQL = "NULL AS keys, NULL AS values, '[]' AS wrong";

/** The same if every line is proven: there are no faults, and nothing to count. */
function provenBatchSql(pipeline: Pipeline, transform: string, { eventsSql }: EventProof): string {
  return `WITH events AS (${eventsSql})
  SELECT 0 AS count, NULL AS faults, ${rowsSql(pipeline, transform)}`;
}

function rowsSql(pipeline: Pipeline, transform: string): string {
  return `to_json(list(daybreak_row.${quoted(pipeline.kafka.key)}::VARCHAR))::VARCHAR AS keys,
    string_agg(to_json(daybreak_row)::VARCHAR, chr(10)) AS values,
    to_json([${wrongRowsSql(pipeline).join(', ')}])::VARCHAR AS wrong
  FROM (
${transform}
) AS daybreak_row`;
}

const countsSchema = z.tuple([z.number(), z.number()]);

const outcomeSchema = z
  .tuple([z.number(), z.string().nullable(), z.string().nullable(), z.string().nullable(), z.string()])
  .transform(([count, faults, keys, values, wrong]) => ({
    count,
    faults: faultsSchema.parse(JSON.parse(faults ?? '[]')),
    keys: keysSchema.parse(JSON.parse(keys ?? '[]')),
    values: values === null ? [] : values.split('\n'),
    wrong: wrongSchema.parse(JSON.parse(wrong)),
  }));
type Outcome = z.infer<typeof outcomeSchema>;
const faultsSchema = z.array(z.object({ line: z.number(), fault: z.string() }));
const keysSchema = z.array(z.string().nullable());
const wrongSchema = z.array(z.number());

function messagesOf(keys: readonly (string | null)[], values: readonly string[]): OutputMessage[] {
  return values.map((value, index) => ({ key: keys[index] ?? null, value }));
}

function reasonOf(fault: string): string {
  return fault === '' ? 'an empty record' : fault;
}
