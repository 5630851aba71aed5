import { isBusinessDate, shiftDate } from '../../domain/business-date';
import { columnOf } from '../../domain/event-columns';
import type { LocalHour } from '../../domain/file-hours';
import { isHourly } from '../../domain/file-pattern';
import type { ColumnType, Pipeline } from '../../domain/pipeline';
import { literal, literals, quoted } from '../duckdb/sql';
import type { EventProof, LineProof } from '../model/fast-path';
import type { Columns } from '../model/loaded-pipeline';
import { timePatternOfDates, timePatternOfHour } from './hour-times';
import { eventLineColumns, tableLineColumns } from './line-fields';
import { layoutOf, type LineLayout } from './line-layout';

const LINE_FEED = 10;
/**
 * Lines that are tried for a layout. One or two may have none. If no line of a producer has one, not every chunk should
 * pay for a long search.
 */
const SAMPLES = 4;
const LONGEST_SAMPLE = 16_384;

const LINES = '(SELECT unnest(string_split(decode($1), chr(10))) AS line)';
/**
 * A plain parameter would be split while DuckDB plans, and its thousands of values would be copied with the plan of a
 * join.
 */
const LINES_AT_RUN = `(WITH daybreak_text AS MATERIALIZED (SELECT $1::BLOB AS text)
  SELECT unnest(string_split(decode(text), chr(10))) AS line FROM daybreak_text)`;

/** See FastPath. */
export function proveEvents(lines: Buffer, pipeline: Pipeline, hourOfFile?: LocalHour): EventProof | undefined {
  // If a file covers a day, few of its lines are of the hour in which it begins.
  const hour = isHourly(pipeline.files.pattern) ? hourOfFile : undefined;
  const read = eventLineColumns(pipeline);
  const { time } = pipeline.events;
  const key = String(columnOf(pipeline.events.columns, time.column)?.steps.at(-1));
  if (read === undefined) return undefined;
  const value = new RegExp(`"${escaped(key)}"[ \\t]*:[ \\t]*"?([^",}]*)`);
  for (const line of samplesOf(lines)) {
    const times =
      hour === undefined
        ? timePatternOfDates(pipeline, datesAround(value.exec(line)?.[1] ?? ''))
        : timePatternOfHour(pipeline, hour);
    const layout = times && layoutOf(line, read.fields, time.column);
    if (times === undefined || layout === undefined) continue;
    const inner = patternOf(layout, (column) => (column === time.column ? times.pattern : undefined));
    // A time is never empty, so that its capture shows whether the line matched.
    const text = capturedText(layout, time.column);
    const conditions = [`${text} <> ''`, ...(times.condition === undefined ? [] : [times.condition(text)])];
    const match = { inner, groups: groupsOf(layout), holds: conditions.join(' AND ') };
    return withQueries(proofBy(layout, read.columns, match), hour !== undefined);
  }
  return undefined;
}

/**
 * See FastPath. If a line matches, the group that is checked is never empty. If possible it is the group of a column,
 * since RE2 is fast with up to four groups.
 */
export function proveRows(lines: Buffer, columns: Columns): LineProof | undefined {
  const { fields } = tableLineColumns(columns);
  for (const line of samplesOf(lines)) {
    const layout = layoutOf(line, fields);
    if (layout === undefined) continue;
    const [inner, groups] = [patternOf(layout), groupsOf(layout)];
    const neverEmpty = layout.parts.find((part) => part.kind === 'column' && part.type !== 'VARCHAR');
    if (neverEmpty?.kind === 'column') {
      return proofBy(layout, columns, { inner, groups, holds: `${capturedText(layout, neverEmpty.name)} <> ''` });
    }
    const closing = { inner: inner.replace(/\\\}$/, '(\\})'), groups: [...groups, 'closing'] };
    return proofBy(layout, columns, { ...closing, holds: "captured.closing <> ''" });
  }
  return undefined;
}

function* samplesOf(lines: Buffer): Generator<string> {
  for (let start = 0, sample = 0; sample < SAMPLES && start < lines.length; sample += 1) {
    const found = lines.indexOf(LINE_FEED, start);
    const end = found === -1 ? lines.length : found;
    yield lines.toString('utf8', start, Math.min(end, start + LONGEST_SAMPLE));
    start = end + 1;
  }
}

/** A stream has current times: times from yesterday to tomorrow may take the fast path. */
function datesAround(time: string): string[] {
  const date = time.slice(0, 10);
  return isBusinessDate(date) ? [shiftDate(date, -1), date, shiftDate(date, 1)] : [];
}

interface Match {
  /** RE2 from the first to the last character of the object. */
  readonly inner: string;
  readonly groups: readonly string[];
  readonly holds: string;
}

function proofBy(layout: LineLayout, columns: Columns, { inner, groups, holds }: Match): LineProof {
  return {
    captured: `regexp_extract(line, ${literal(`^${inner}[ \\t\\r]*$`)}, ${literals(groups)})`,
    holds,
    values: new Map(Object.entries(columns).map(([name, type]) => [name, capturedValue(layout, name, type)])),
  };
}

/** DuckDB plans a statement each time it runs, so the query for events is much shorter than that of the rule. */
function withQueries(proof: LineProof, isOfHour: boolean): EventProof {
  const capturedOf = (lines: string): string => `(SELECT line, ${proof.captured} AS captured FROM ${lines})`;
  const columns = [...proof.values].map(([name, value]) => `${value} AS ${quoted(name)}`);
  return {
    ...proof,
    isOfHour,
    countSql: `SELECT count(*)::INTEGER, count(*) FILTER (${proof.holds})::INTEGER FROM ${capturedOf(LINES)}`,
    eventsSql: `SELECT ${columns.join(', ')} FROM ${capturedOf(LINES_AT_RUN)}`,
  };
}

function groupsOf({ captured }: LineLayout): string[] {
  return captured.map((_, index) => `c${index}`);
}

function capturedText({ captured }: LineLayout, column: string): string {
  return `captured.c${captured.indexOf(column)}`;
}

/** In every line that matches, a column that the layout lacks is absent or null. */
function capturedValue(layout: LineLayout, column: string, type: ColumnType): string {
  if (!layout.captured.includes(column)) return `NULL::${type}`;
  const text = capturedText(layout, column);
  return type === 'VARCHAR' ? text : `TRY_CAST(${text} AS ${type})`;
}

const STRING_PATTERN = '[^"\\\\\\x00-\\x1f]*';
const SCALAR_PATTERN = `(?:"${STRING_PATTERN}"|-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)`;
/** Narrower than the rule, never wider. (18 digits always fit into a BIGINT.) */
const VALUE_PATTERNS: Readonly<Record<ColumnType, string>> = {
  VARCHAR: STRING_PATTERN,
  BIGINT: '-?(?:0|[1-9][0-9]{0,17})',
  DOUBLE: '(?:0|-?[1-9][0-9]{0,14})(?:\\.[0-9]{1,15})?',
  BOOLEAN: 'true|false',
};

/** The layout as RE2, with a group for each captured column. `own` gives the pattern of a column that has its own. */
function patternOf({ parts }: LineLayout, own: (column: string) => string | undefined = () => undefined): string {
  const inner = parts.map((part) => {
    switch (part.kind) {
      case 'literal':
        return escaped(part.text);
      case 'column':
        return `(${own(part.name) ?? VALUE_PATTERNS[part.type]})`;
      case 'scalar':
        return SCALAR_PATTERN;
    }
  });
  return inner.join('');
}

/** A text as a regular expression, for RE2 and for JavaScript. */
function escaped(text: string): string {
  return text.replace(/[\\^$.|?*+()[\]{}-]/g, '\\$&');
}
