const BLANKS_AND_COMMENTS = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*/;

/**
 * A transform with an additional first column, an SQL expression; undefined unless the transform begins with SELECT.
 */
export function withFirstColumn(transform: string, column: string): string | undefined {
  const start = BLANKS_AND_COMMENTS.exec(transform)?.[0].length ?? 0;
  const select = /^select\b(?:\s+all\b)?/i.exec(transform.slice(start))?.[0];
  if (select === undefined) return undefined;
  const end = start + select.length;
  return `${transform.slice(0, end)} ${column},${transform.slice(end)}`;
}
