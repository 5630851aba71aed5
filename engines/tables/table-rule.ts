import type { LineProof } from '../model/fast-path';
import type { Columns } from '../model/loaded-pipeline';
import { escapesOf } from './csv-rows';
import { BLANK, caseFast, faultOfLineSql, fieldsSql, REPEATED_KEY, shapeOfLineSql, UNMARKED } from '../rule/json-line';
import { jsonValueFault, jsonValueSql, textValueFault } from '../rule/json-value';
import { literal, quoted } from '../duckdb/sql';

/** DuckDB's error for a row that breaks the rule, with its position among the records and the reason. */
export const FAULT_OF_ROW = /Invalid Input Error: (\d+) ([^]*)/;

const LINES = `(SELECT unnest(lines) AS line, generate_subscripts(lines, 1) - 1 AS index
  FROM (SELECT string_split(decode($1), chr(10)) AS lines))`;
const EXCERPT = "CASE WHEN length(line) > 60 THEN left(line, 60) || '…' ELSE line END";

/**
 * The rows of a static table from records, one per line, in the BLOB $1. Blank lines are ignored. Fails as FAULT_OF_ROW
 * says.
 *
 * Objects follow the same rule as those of events: no repeated keys, declared fields as `jsonValueFault` says, absent
 * or null for null. Other fields are ignored.
 */
export function objectRowsSql(columns: Columns, proof: LineProof | undefined): string {
  const declared = Object.entries(columns);
  const raw = (index: number): string => `raws[${index + 1}]`;
  const faults = [
    REPEATED_KEY,
    ...declared.map(([name, type], index) => jsonValueFault(literal(name), { type }, raw(index))),
  ];
  const values = declared.map(([name, type], index) => {
    return `${caseFast(proof?.values.get(name), jsonValueSql({ type }, raw(index)))} AS ${quoted(name)}`;
  });
  const captured = proof && `, ${proof.captured} AS captured`;
  return `SELECT ${values.join(',\n  ')}
FROM (SELECT *, ${faultOfLineSql(faults)} AS fault
  FROM (SELECT *, ${fieldsSql(Object.keys(columns).map((name) => [name]))}
    FROM (SELECT *, ${shapeOfLineSql(proof?.holds)} AS shape
      FROM (SELECT *, ${UNMARKED} AS text${captured ?? ''} FROM ${LINES}))))
WHERE ${withoutFault(`CASE WHEN starts_with(fault, 'not ') THEN fault || ': ' || ${EXCERPT} ELSE fault END`)}`;
}

/** The keys of all objects among the records in the BLOB $1, each once, in their order. */
export const KEYS_SQL = `SELECT key FROM (SELECT unnest(json_keys(text)) AS key, index
  FROM (SELECT ${UNMARKED} AS text, index FROM ${LINES}) WHERE json_valid(text)) GROUP BY key ORDER BY min(index)`;

/**
 * The same for the rows of a CSV. A row has as many fields as the header. An empty field is null, any other is as
 * `textValueFault` says.
 */
export function csvRowsSql(columns: Columns, header: readonly string[], delimiter: string): string {
  const declared = Object.entries(columns);
  // A table may have a column `line`: under their own names the values stand only in the outermost SELECT.
  const text = (index: number): string => `daybreak_text${index}`;
  const value = (index: number): string => `daybreak_value${index}`;
  const texts = declared.map(([name], index) => `nullif(fields[${header.indexOf(name) + 1}], '') AS ${text(index)}`);
  const unescaped = (text: string): string =>
    escapesOf(delimiter).reduce(
      (sql, { letter, meant }) => `replace(${sql}, chr(0) || '${letter}', ${literal(meant)})`,
      text,
    );
  const values = declared.map(([, type], index) => {
    const sql =
      type === 'VARCHAR'
        ? `CASE WHEN contains(${text(index)}, chr(0)) THEN ${unescaped(text(index))} ELSE ${text(index)} END`
        : `TRY_CAST(${text(index)} AS ${type})`;
    return `${sql} AS ${value(index)}`;
  });
  const count = `len(fields) || CASE WHEN len(fields) = 1 THEN ' field' ELSE ' fields' END`;
  const faults = [
    `CASE WHEN len(fields) <> ${header.length}
      THEN ${count} || ', not the ${header.length} of the header: ' || ${unescaped(EXCERPT)} END`,
    ...declared.map(([name, type], index) => textValueFault(name, type, text(index), value(index))),
  ];
  return `SELECT ${declared.map(([name], index) => `${value(index)} AS ${quoted(name)}`).join(', ')}
FROM (SELECT *, CASE WHEN line = '' THEN '${BLANK}' ELSE coalesce(${faults.join(',\n    ')}) END AS fault
  FROM (SELECT *, ${values.join(',\n    ')}
  FROM (SELECT *, ${texts.join(',\n    ')}
  FROM (SELECT *, string_split(line, ${literal(delimiter)}) AS fields
    FROM (SELECT index, CASE WHEN ends_with(line, chr(13)) THEN line[:-2] ELSE line END AS line FROM ${LINES})))))
WHERE ${withoutFault('fault')}`;
}

function withoutFault(reason: string): string {
  return `CASE WHEN fault IS NULL THEN true WHEN fault = '${BLANK}' THEN false ELSE error(index || ' ' || ${reason}) END`;
}
