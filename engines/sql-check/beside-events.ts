import { withFirstColumn } from '../tables/first-column';
import { eventsIn, type SyntaxNode } from './transform-syntax';

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
