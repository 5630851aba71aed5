import type { DuckDBConnection } from '@duckdb/node-api';
import * as z from 'zod';
import { queryTexts } from '../duckdb/query';
import { literal } from '../duckdb/sql';

/**
 * The parts of DuckDB's own syntax tree (`json_serialize_sql`) that the check reads. Expressions and relations have
 * many shapes; a walk over all values reaches those that are not named here.
 */
export interface SyntaxNode {
  readonly [field: string]: unknown;
}

const serializedSchema = z.union([
  z.object({ error: z.literal(false), statements: z.array(z.object({ node: z.record(z.string(), z.unknown()) })) }),
  z.object({ error: z.literal(true), error_message: z.string(), position: z.coerce.number().optional() }),
]);

/** The syntax trees of SQL's statements, or why DuckDB cannot parse it and at which of its bytes. */
export type Parsed =
  { readonly statements: readonly SyntaxNode[] } | { readonly reason: string; readonly offset: number | undefined };

export async function parseSql(connection: DuckDBConnection, sql: string): Promise<Parsed> {
  const [row] = await queryTexts(connection, `SELECT json_serialize_sql(${literal(sql)}::VARCHAR)`);
  const tree = serializedSchema.parse(JSON.parse(row?.[0] ?? ''));
  if (tree.error) return { reason: tree.error_message, offset: tree.position };
  return { statements: tree.statements.map(({ node }) => node) };
}

const columnReferenceSchema = z.object({ class: z.literal('COLUMN_REF'), column_names: z.array(z.string()).min(1) });

const callSchema = z.object({
  children: z.array(z.unknown()).default([]),
  catalog: z.string().default(''),
  schema: z.string().default(''),
});

const baseTableSchema = z.object({
  type: z.literal('BASE_TABLE'),
  alias: z.string(),
  table_name: z.string(),
  schema_name: z.string(),
  catalog_name: z.string(),
  column_name_alias: z.array(z.string()).default([]),
});

/** Every object of the tree, parents before children. */
export function* nodesOf(value: unknown): Generator<SyntaxNode> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodesOf(item);
  } else if (isNode(value)) {
    yield value;
    for (const item of Object.values(value)) yield* nodesOf(item);
  }
}

export function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** In the SQL's text, in bytes; undefined if the tree has none. */
export function offsetOf(node: SyntaxNode): number | undefined {
  const location = node['query_location'];
  return typeof location === 'number' && Number.isSafeInteger(location) ? location : undefined;
}

/** The parts of a dotted column name, such as ['n', 'uid']; undefined for any other node. */
export function columnNamesOf(node: unknown): readonly string[] | undefined {
  return columnReferenceSchema.safeParse(node).data?.column_names;
}

export interface TableReference {
  readonly table: string;
  /** The name by which the SQL's columns refer to it. */
  readonly alias: string;
  readonly qualified: boolean;
  /** Whether the SQL gives its columns other names, as `events e (a, b, c)` does. */
  readonly renamed: boolean;
}

/** A table named in FROM, in lower case; undefined for any other node. */
export function tableReferenceOf(node: unknown): TableReference | undefined {
  const found = baseTableSchema.safeParse(node).data;
  if (found === undefined) return undefined;
  const table = found.table_name.toLowerCase();
  return {
    table,
    alias: found.alias === '' ? table : found.alias.toLowerCase(),
    qualified: found.schema_name !== '' || found.catalog_name !== '',
    renamed: found.column_name_alias.length > 0,
  };
}

/** The tables below a node of FROM, left to right. */
export function tableReferencesOf(from: unknown): TableReference[] {
  return [...nodesOf(from)].flatMap((node) => tableReferenceOf(node) ?? []);
}

/** The tables that a FROM itself joins, without those of its subqueries. */
function joinedTablesOf(from: unknown): TableReference[] {
  if (isNode(from) && from['type'] === 'JOIN') return [from['left'], from['right']].flatMap(joinedTablesOf);
  return [tableReferenceOf(from) ?? []].flat();
}

/** Why an expression of events' own columns cannot stand in the list of a SELECT; else the name of events there. */
export function eventsIn(from: unknown): { readonly alias: string } | { readonly lack: string } {
  const events = joinedTablesOf(from).find(({ table }) => table === 'events');
  if (events === undefined) return { lack: 'does not name events in its last FROM' };
  return events.renamed ? { lack: 'gives other names to the columns of events in FROM' } : { alias: events.alias };
}

/** Where DuckDB finds a function. Any other qualifier is the receiver of a method call. */
const CATALOGS = ['', 'system', 'memory', 'temp'];
const SCHEMAS = [...CATALOGS, 'main', 'pg_catalog', 'information_schema'];

/** The arguments of a call; in `x.f(y)` x is the first of two. */
export function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  const { children, catalog, schema } = callSchema.parse(call);
  const written = children.filter(isNode);
  if (CATALOGS.includes(catalog.toLowerCase()) && SCHEMAS.includes(schema.toLowerCase())) return written;
  const receiver = { class: 'COLUMN_REF', column_names: [catalog, schema].filter((name) => name !== '') };
  return [receiver, ...written];
}
