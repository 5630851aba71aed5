import type { BusinessDate } from '../../domain/business-date';
import type { Pipeline } from '../../domain/pipeline';
import { patternOf, type LineLayout } from '../fast-path/line-layout';
import {
  BLANK,
  capturedText,
  capturedValue,
  caseFast,
  FAST,
  faultOfLineSql,
  fieldsSql,
  OBJECT,
  REPEATED_KEY,
  shapeOfLineSql,
  UNMARKED,
} from './json-line';
import { jsonValueFault, jsonValueSql } from './json-value';
import { literal, literals, quoted } from '../duckdb/sql';
import type { FastTime, TimeRule } from './time-rule';

/**
 * What a parsed line is, beyond its columns: NULL for a valid record of the hour at hand, the hour for one of another
 * hour of the day, and else one of these.
 */
export const NOTE = 'daybreak_note';
/** A valid record of another day. */
export const OUTSIDE_DAY = '-';
/** A bad record: this, why in one line, a line feed, the line as it stood. `noteOfFault` and `faultOf` say how. */
export const FAULT = '!';
/** Of staged records: the valid ones of the day, whatever their hour. */
export const OF_DAY = `(${NOTE} IS NULL OR regexp_full_match(${NOTE}, '\\d\\d'))`;

/** Lines that match the layout need no further proof: they are valid, and of the hour at hand. */
export interface Fast {
  readonly layout: LineLayout;
  readonly time: FastTime;
}

export interface ParseOptions {
  readonly pipeline: Pipeline;
  readonly time: TimeRule;
  readonly fast?: Fast | undefined;
  /** The day and the hour at hand; undefined where any time will do. */
  readonly within?: Within;
}

export interface Within {
  readonly date: BusinessDate;
  /** Undefined where the lines are of a neighbouring hour: then a bad one is a matter of its own day, and OUTSIDE_DAY here. */
  readonly hour: string | undefined;
}

/**
 * The validity rule, as the one SQL text of both layers. Takes lines of UTF-8 joined by line feeds as the BLOB $1
 * and gives a row for each, in order: the declared columns and NOTE.
 *
 * A record is one line (see record-framing.ts) of RFC 8259 JSON, an object without repeated keys, whose declared fields
 * are as `jsonValueFault` says and whose time is there and as `TimeRule` says. Other fields are ignored.
 */
export function parseLinesSql({ pipeline, time, fast, within }: ParseOptions): string {
  const columns = Object.entries(pipeline.events.columns);
  const raw = (name: string): string => `raws[${columns.findIndex(([column]) => column === name) + 1}]`;
  const timeColumn = pipeline.events.time.column;
  const moment = jsonValueSql(pipeline.events.columns[timeColumn] ?? 'VARCHAR', raw(timeColumn));
  const faults = [
    REPEATED_KEY,
    `CASE WHEN coalesce(${raw(timeColumn)}, 'null') = 'null' THEN ${literal(`${timeColumn} is missing`)} END`,
    ...columns.map(([name, type]) => jsonValueFault(name, type, raw(name))),
    time.fault('moment'),
  ];
  const values = columns.map(([name, type]) => {
    const slow = `CASE WHEN fault IS NULL THEN ${jsonValueSql(type, raw(name))} END`;
    return `${caseFast(fast && capturedValue(fast.layout, name, type), slow)} AS ${quoted(name)}`;
  });
  const notes = notesOf(time, within);
  return `
SELECT ${values.join(',\n  ')},
  CASE WHEN shape = ${FAST} THEN ${notes.fast}
    WHEN fault = '${BLANK}' THEN '${BLANK}'
    WHEN fault IS NOT NULL THEN ${notes.fault}
    ELSE ${notes.valid} END AS ${NOTE}
FROM (SELECT *, ${faultOfLineSql(faults)} AS fault
  FROM (SELECT *, CASE WHEN shape = ${OBJECT} THEN ${moment} END AS moment
  FROM (SELECT *,
      ${fieldsSql(columns.map(([name]) => name))}
    FROM (SELECT *, ${shapeSql(fast, timeColumn)} AS shape
      FROM (SELECT *, ${UNMARKED} AS text FROM ${fast === undefined ? LINES : capturedLinesSql(fast, timeColumn)})))))`;
}

/** NOTE by what a line turned out to be. */
function notesOf(time: TimeRule, within: Within | undefined): { fast: string; fault: string; valid: string } {
  const fault = `'${FAULT}' || ${oneLineSql('fault')} || chr(10) || line`;
  if (within === undefined) return { fast: 'NULL', fault, valid: 'NULL' };
  const hour = `coalesce(${time.hour('moment', within.date)}, '${OUTSIDE_DAY}')`;
  if (within.hour !== undefined) return { fast: 'NULL', fault, valid: `nullif(${hour}, ${literal(within.hour)})` };
  return { fast: `'${OUTSIDE_DAY}'`, fault: `'${OUTSIDE_DAY}'`, valid: hour };
}

/**
 * The declared columns of lines of which each is proven, taken as `parseLinesSql` takes them: a small part of its SQL, since
 * DuckDB plans a statement anew whenever it runs it.
 */
export function provenLinesSql({ events }: Pipeline, fast: Fast): string {
  const columns = Object.entries(events.columns).map(
    ([name, type]) => `${capturedValue(fast.layout, name, type)} AS ${quoted(name)}`,
  );
  return `SELECT ${columns.join(', ')} FROM ${capturedLinesSql(fast, events.time.column, LINES_AT_RUN)}`;
}

/** How many lines the BLOB $1 holds, and how many of them are proven. */
export function countLinesSql({ events }: Pipeline, fast: Fast): string {
  const timeColumn = events.time.column;
  return `SELECT count(*)::INTEGER, count(*) FILTER (${provenSql(fast, timeColumn)})::INTEGER
    FROM ${capturedLinesSql(fast, timeColumn)}`;
}

export interface Fault {
  readonly reason: string;
  /** The line as it stood. */
  readonly text: string;
}

/** The NOTE of a line that turned out to be bad after it was parsed. */
export function noteOfFault({ reason, text }: Fault): string {
  return `${FAULT}${reason}\n${text}`;
}

/** What a NOTE of a bad record says; neither the reason nor the line holds a line feed. */
export function faultOf(note: string): Fault {
  const [reason = '', text = ''] = note.slice(FAULT.length).split('\n');
  return { reason, text };
}

/** A reason quotes values, which can hold anything: control characters are written as JSON writes them. */
function oneLineSql(reason: string): string {
  return `CASE WHEN regexp_matches(${reason}, '[\\x00-\\x1f]') THEN (to_json(${reason})::VARCHAR)[2:-2] ELSE ${reason} END`;
}

const LINES = '(SELECT unnest(string_split(decode($1), chr(10))) AS line)';
/** DuckDB would split a parameter while it plans, and copy the thousands of values with the plan of a join. */
const LINES_AT_RUN = `(WITH daybreak_text AS MATERIALIZED (SELECT $1::BLOB AS text)
  SELECT unnest(string_split(decode(text), chr(10))) AS line FROM daybreak_text)`;

function capturedLinesSql({ layout, time }: Fast, timeColumn: string, lines = LINES): string {
  const groups = layout.captured.map((_, index) => `c${index}`);
  const capture = `regexp_extract(line, ${literal(patternOf(layout, timeColumn, time.pattern))}, ${literals(groups)})`;
  return `(SELECT line, ${capture} AS captured FROM ${lines})`;
}

/** No time is empty, so that its capture tells whether the line matched. */
function provenSql({ layout, time }: Fast, timeColumn: string): string {
  const text = capturedText(layout, timeColumn);
  return [`${text} <> ''`, ...(time.condition === undefined ? [] : [time.condition(text)])].join(' AND ');
}

function shapeSql(fast: Fast | undefined, timeColumn: string): string {
  return shapeOfLineSql(fast && provenSql(fast, timeColumn));
}
