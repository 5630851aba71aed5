import type { EventType } from '../../../domain/column-types';
import { columnOf } from '../../../domain/event-columns';
import { identityOf, type Pipeline } from '../../../domain/pipeline';
import { quoted } from '../sql';

/** Bytes. */
const LONG_TEXT = 1024;

/**
 * The columns of the identity as SQL values that are equal if the columns are equal. A long text is compared by its
 * hash, in a column of its own, because all compared values are in memory at once.
 *
 * @param table the table that the columns belong to. Default: any.
 */
export function identityKeysOf(pipeline: Pipeline, table?: string): string[] {
  return identityOf(pipeline).flatMap((name) => {
    const column = table === undefined ? quoted(name) : `${table}.${quoted(name)}`;
    const text = textOf(columnOf(pipeline.events.columns, name)?.type ?? 'VARCHAR', column);
    if (text === undefined) return [column];
    const isLong = `strlen(${text}) > ${LONG_TEXT}`;
    return [`CASE WHEN ${isLong} THEN sha256(${text}) END`, `CASE WHEN NOT ${isLong} THEN ${column} END`];
  });
}

/** The text of a column whose values can be long; undefined for any other type. */
function textOf(type: EventType, column: string): string | undefined {
  if (type === 'VARCHAR') return column;
  if (type === 'JSON') return `${column}::VARCHAR`;
  return type.endsWith('[]') ? `to_json(${column})::VARCHAR` : undefined;
}

/** The column names of `identityKeysSql`. */
export function identityKeyNames(pipeline: Pipeline): string[] {
  return identityKeysOf(pipeline).map((_, index) => `daybreak_key${index}`);
}

/** The keys as columns of a SELECT. */
export function identityKeysSql(pipeline: Pipeline): string {
  const names = identityKeyNames(pipeline);
  return identityKeysOf(pipeline)
    .map((value, index) => `${value} AS ${names[index] ?? ''}`)
    .join(', ');
}
