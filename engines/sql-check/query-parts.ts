import { isNode, nodesOf, offsetOf, tableReferenceOf, type SyntaxNode } from './transform-syntax';

/** A query of WITH. */
export interface CommonTable {
  /** In lower case. */
  readonly name: string;
  readonly query: SyntaxNode;
}

/** The queries of all WITHs of the SQL. */
export function commonTablesOf(sql: SyntaxNode): CommonTable[] {
  return [...nodesOf(sql)].flatMap(({ cte_map: common }) => {
    const map = isNode(common) ? common['map'] : undefined;
    return (Array.isArray(map) ? map.filter(isNode) : []).flatMap(({ key, value }) =>
      isNode(value) && isNode(value['query']) && isNode(value['query']['node'])
        ? [{ name: String(key).toLowerCase(), query: value['query']['node'] }]
        : [],
    );
  });
}

/** Names of which each stands for events: `events` itself, and WITHs that read it, also through other WITHs. */
export function namesOfEvents(commons: readonly CommonTable[]): ReadonlySet<string> {
  const names = new Set(['events']);
  for (let before = 0; before !== names.size;) {
    before = names.size;
    for (const { name, query } of commons) if (reads(query, names)) names.add(name);
  }
  return names;
}

/** Whether a part of the SQL names one of the tables. */
export function reads(part: unknown, tables: ReadonlySet<string>): boolean {
  return [...nodesOf(part)].some((node) => tables.has(tableReferenceOf(node)?.table ?? ''));
}

/** Whether a node of the tree is a query, such as a SELECT or a UNION. */
export function isQuery({ type, cte_map: common }: SyntaxNode): boolean {
  return isNode(common) && String(type).endsWith('_NODE');
}

/** The nodes of the queries that read only static tables: no event decides how many rows they see. */
export function staticPartsOf(sql: SyntaxNode, events: ReadonlySet<string>): ReadonlySet<SyntaxNode> {
  const outermost = [...nodesOf(sql)].filter((node) => node !== sql && isQuery(node) && !reads(node, events));
  return new Set(outermost.flatMap((query) => [...nodesOf(query)]));
}

/** Each ARRAY(SELECT …), and the nodes by which DuckDB writes it as an aggregate. */
export function arraysOf(sql: SyntaxNode): { readonly at: SyntaxNode; readonly list: readonly SyntaxNode[] }[] {
  return [...nodesOf(sql)].flatMap((node) => {
    if (node['class'] !== 'SUBQUERY' || node['subquery_type'] !== 'SCALAR') return [];
    const query = queryOf(node);
    const from = query?.['from_table'];
    const list = [...nodesOf(query?.['select_list'])];
    // A person's own array_agg has a place.
    const isWritten = list.every((one) => one['function_name'] !== 'array_agg' || offsetOf(one) !== undefined);
    return isNode(from) && from['type'] === 'SUBQUERY' && !isWritten ? [{ at: node, list }] : [];
  });
}

/** The query of an expression's SELECT. */
function queryOf({ subquery }: SyntaxNode): SyntaxNode | undefined {
  return isNode(subquery) && isNode(subquery['node']) ? subquery['node'] : undefined;
}

/** The calls of unnest in `x = ANY(list)` and `x IN (SELECT unnest(list))`, which only ask whether x is in the list. */
export function membershipsOf(sql: SyntaxNode): ReadonlySet<SyntaxNode> {
  const found = [...nodesOf(sql)].flatMap((node) => {
    if (node['class'] !== 'SUBQUERY' || node['subquery_type'] !== 'ANY') return [];
    const { from_table: from, select_list: list } = queryOf(node) ?? {};
    if (!isNode(from) || from['type'] !== 'EMPTY' || !Array.isArray(list) || list.length !== 1) return [];
    return list.filter(isNode).filter((one) => one['function_name'] === 'unnest');
  });
  return new Set(found);
}

/** The nodes in the SELECTs of expressions, such as EXISTS (SELECT …). */
export function nodesInSubqueries(sql: SyntaxNode): ReadonlySet<SyntaxNode> {
  const subqueries = [...nodesOf(sql)].filter((node) => node['class'] === 'SUBQUERY');
  return new Set(subqueries.flatMap((node) => [...nodesOf(node['subquery'])]));
}
