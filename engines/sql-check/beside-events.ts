import type { DuckDBConnection } from '@duckdb/node-api';
import { queryTexts } from '../duckdb/query';
import { literal } from '../duckdb/sql';
import { withFirstColumn } from '../tables/first-column';
import { commonTablesOf, namesOfEvents, reads } from './query-parts';
import { eventsIn, isNode, type SyntaxNode } from './transform-syntax';

/**
 * A transform with a further first column, of events' own columns.
 *
 * @param columnOf the column as SQL, by the name of events in the last FROM.
 * @returns `lack`: why it cannot be added to the SQL as it is written, to stand behind the name of the file.
 */
export function besideEvents(
  transform: string,
  select: SyntaxNode,
  columnOf: (events: string) => string,
): { readonly sql: string } | { readonly lack: string } {
  const events = eventsIn(select['from_table']);
  if ('lack' in events) return events;
  const sql = withFirstColumn(transform, columnOf(events.alias));
  return sql === undefined ? { lack: 'does not begin with SELECT or WITH' } : { sql };
}

const LIST = '"select_list":[';

/**
 * A transform in which each SELECT that reads events has a further first column, which events have under that name.
 * Undefined if the SQL gives other names to the columns of events.
 */
export async function throughEvents(
  connection: DuckDBConnection,
  transform: string,
  select: SyntaxNode,
  column: string,
): Promise<string | undefined> {
  const names = namesOfEvents(commonTablesOf(select));
  const all = [...listsOf(select)];
  if (all.some((node) => isRenamed(node) && reads(node, names))) return undefined;
  const ofEvents = all.filter((node) => 'select_list' in node).map((node) => reads(node, names));
  const [row] = await queryTexts(connection, `SELECT json_serialize_sql(${literal(transform)}::VARCHAR)`);
  // As text, since a constant may have more digits than JavaScript's numbers.
  const [before = '', ...lists] = (row?.[0] ?? '').split(LIST);
  const reference = { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', query_location: 0, column_names: [column] };
  const tree = lists.map(
    (list, index) => LIST + (ofEvents[index] === true ? `${JSON.stringify(reference)},` : '') + list,
  );
  const written = `SELECT json_deserialize_sql(${literal(before + tree.join(''))}::JSON)`;
  return (await queryTexts(connection, written))[0]?.[0] ?? undefined;
}

/** Every object of the tree. One with a list of a SELECT comes where the list begins. */
function* listsOf(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* listsOf(item);
  } else if (isNode(value)) {
    if (!('select_list' in value)) yield value;
    for (const [key, item] of Object.entries(value)) {
      if (key === 'select_list') yield value;
      yield* listsOf(item);
    }
  }
}

/** Whether a node gives names of its own to the columns of a table or of a WITH. */
function isRenamed({ column_name_alias: columns, aliases }: SyntaxNode): boolean {
  return [columns, aliases].some((names) => Array.isArray(names) && names.length > 0);
}
