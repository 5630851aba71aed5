import type { DuckDBConnection } from '@duckdb/node-api';
import { queryTexts } from '../duckdb/query';
import { literal } from '../duckdb/sql';
import type { SyntaxNode } from './transform-syntax';

/** An expression of the syntax tree as text; undefined if it cannot be written as text. */
export async function expressionText(
  connection: DuckDBConnection,
  expression: SyntaxNode,
): Promise<string | undefined> {
  const node = { ...EMPTY_SELECT, select_list: [expression] };
  // Offsets of generated nodes are larger than a JavaScript number can hold.
  const tree = JSON.stringify({ error: false, statements: [{ node }] }, (key, value: unknown) =>
    key === 'query_location' ? 0 : value,
  );
  try {
    const [row] = await queryTexts(connection, `SELECT json_deserialize_sql(${literal(tree)}::JSON)`);
    return /^SELECT ([\s\S]+)$/.exec(row?.[0] ?? '')?.[1];
  } catch {
    return undefined;
  }
}

/** A SELECT of nothing but its list, as DuckDB's tree has it. */
export const EMPTY_SELECT = {
  type: 'SELECT_NODE',
  modifiers: [],
  cte_map: { map: [] },
  from_table: { type: 'EMPTY', alias: '', sample: null, query_location: 0 },
  where_clause: null,
  group_expressions: [],
  group_sets: [],
  aggregate_handling: 'STANDARD_HANDLING',
  having: null,
  sample: null,
  qualify: null,
};
