import type { BusinessDate } from '../../domain/business-date';
import type { Pipeline } from '../../domain/pipeline';
import type { EventProof } from '../model/fast-path';
import { BLANK, caseFast, FAST, faultOfLineSql, OBJECT, shapeOfLineSql, UNMARKED } from './json-line';
import { recordColumnsOf } from './record-columns';
import { literal, quoted } from '../duckdb/sql';
import type { TimeRule } from './time-rule';

/**
 * The outcome of a parsed line, in addition to its columns: NULL for a valid record of the current hour, the hour for a
 * record of another hour of the day, otherwise one of the notes below.
 */
export const NOTE = 'daybreak_note';
/** A valid record of another day. */
export const OUTSIDE_DAY = '-';
/**
 * A bad record: this character, the reason in one line, a line feed, and the original line. `noteOfFault` and `faultOf`
 * write and read it.
 */
export const FAULT = '!';
/** True for staged records that are valid and of the day, whatever their hour. */
export const OF_DAY = `(${NOTE} IS NULL OR regexp_full_match(${NOTE}, '\\d\\d'))`;

export interface ParseOptions {
  readonly pipeline: Pipeline;
  readonly time: TimeRule;
  /** A proof that a line is valid; if it is of an hour, of the current one. */
  readonly proof?: EventProof | undefined;
  /** The current day and hour; undefined if any time is accepted. */
  readonly within?: Within;
}

export interface Within {
  readonly date: BusinessDate;
  /**
   * Undefined if the lines are of a neighbouring hour. A bad line then belongs to its own day and is OUTSIDE_DAY here.
   */
  readonly hour: string | undefined;
}

/**
 * The validity rule, as the one SQL text of both layers. Takes lines of UTF-8 joined by line feeds as the BLOB $1 and
 * gives a row for each, in order: the declared columns and NOTE.
 *
 * A record is one line (see record-framing.ts) of RFC 8259 JSON: an object without repeated keys. A declared field is
 * what its path leads to, absent if the path leads nowhere, and as `jsonValueFault` or `jsonListFault` says. No object on
 * the way to one repeats a key. The time is present and as `TimeRule` says. Other fields are ignored.
 */
export function parseLinesSql({ pipeline, time, proof, within }: ParseOptions): string {
  const { columns, steps, keyFaults } = recordColumnsOf(pipeline);
  const timeColumn = columns.find(({ name }) => name === pipeline.events.time.column);
  const faults = [
    ...keyFaults,
    `CASE WHEN coalesce(${timeColumn?.raw ?? 'NULL'}, 'null') = 'null'
      THEN ${literal(`${timeColumn?.label ?? ''} is missing`)} END`,
    ...columns.map(({ fault }) => fault),
    time.fault('moment'),
  ];
  const values = columns.map(({ name, value }) => {
    const slow = `CASE WHEN fault IS NULL THEN ${value} END`;
    return `${caseFast(proof?.values.get(name), slow)} AS ${quoted(name)}`;
  });
  const notes = notesOf(time, within);
  const isOfAnyHour = proof?.isOfHour === false;
  const provenTime = isOfAnyHour ? proof.values.get(timeColumn?.name ?? '') : undefined;
  const shaped = `SELECT *, ${shapeOfLineSql(proof?.holds)} AS shape
      FROM (SELECT *, ${UNMARKED} AS text FROM ${linesSql(proof)})`;
  const read = steps.reduce((from, step) => `SELECT *,\n      ${step}\n    FROM (${from})`, shaped);
  return `
SELECT ${values.join(',\n  ')},
  CASE WHEN shape = ${FAST} THEN ${isOfAnyHour ? notes.valid : notes.ofHour}
    WHEN fault = '${BLANK}' THEN '${BLANK}'
    WHEN fault IS NOT NULL THEN ${notes.fault}
    ELSE ${notes.valid} END AS ${NOTE}
FROM (SELECT *, ${faultOfLineSql(faults)} AS fault
  FROM (SELECT *, CASE shape WHEN ${FAST} THEN ${provenTime ?? 'NULL'} WHEN ${OBJECT} THEN ${timeColumn?.value ?? 'NULL'} END AS moment
  FROM (${read})))`;
}

/** SQL of NOTE for each outcome of a line. `ofHour`: it is proven to be of the current hour. */
function notesOf(time: TimeRule, within: Within | undefined): { ofHour: string; fault: string; valid: string } {
  const fault = `'${FAULT}' || ${oneLineSql('fault')} || chr(10) || line`;
  if (within === undefined) return { ofHour: 'NULL', fault, valid: 'NULL' };
  const hour = `coalesce(${time.hour('moment', within.date)}, '${OUTSIDE_DAY}')`;
  if (within.hour !== undefined) return { ofHour: 'NULL', fault, valid: `nullif(${hour}, ${literal(within.hour)})` };
  return { ofHour: `'${OUTSIDE_DAY}'`, fault: `'${OUTSIDE_DAY}'`, valid: hour };
}

export interface Fault {
  readonly reason: string;
  /** The original line. */
  readonly text: string;
}

/** The NOTE of a line that is found to be bad after it was parsed. */
export function noteOfFault({ reason, text }: Fault): string {
  return `${FAULT}${reason}\n${text}`;
}

/** The content of a bad record's NOTE. Neither the reason nor the line holds a line feed. */
export function faultOf(note: string): Fault {
  const [reason = '', text = ''] = note.slice(FAULT.length).split('\n');
  return { reason, text };
}

/** A reason quotes values, which can hold anything: control characters are written as in JSON. */
function oneLineSql(reason: string): string {
  return `CASE WHEN regexp_matches(${reason}, '[\\x00-\\x1f]') THEN (to_json(${reason})::VARCHAR)[2:-2] ELSE ${reason} END`;
}

function linesSql(proof: EventProof | undefined): string {
  const lines = '(SELECT unnest(string_split(decode($1), chr(10))) AS line)';
  return proof === undefined ? lines : `(SELECT line, ${proof.captured} AS captured FROM ${lines})`;
}
