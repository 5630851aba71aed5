import { isNode, nodesOf, tableReferenceOf, type SyntaxNode } from './transform-syntax';

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
