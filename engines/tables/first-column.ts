/** What an SQL text is made of, as far as it matters where a word or a parenthesis counts. */
const TOKEN =
  /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|\w+|[\s\S]/g;

/**
 * A transform with an additional first column, an SQL expression; undefined unless the transform begins with SELECT, or
 * with WITH and then SELECT.
 */
export function withFirstColumn(transform: string, column: string): string | undefined {
  const start = startOfSelect(transform);
  const select = /^select\b(?:\s+all\b)?/i.exec(transform.slice(start))?.[0];
  if (start === undefined || select === undefined) return undefined;
  const end = start + select.length;
  return `${transform.slice(0, end)} ${column},${transform.slice(end)}`;
}

/** Where the first word begins, or behind a WITH the first word that is a SELECT or a FROM of its own. */
function startOfSelect(transform: string): number | undefined {
  let depth = 0;
  let isWith = false;
  for (const { 0: token, index } of transform.matchAll(TOKEN)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    if (depth > 0 || !/^\w/.test(token)) continue;
    const word = token.toLowerCase();
    if (!isWith && word !== 'with') return index;
    if (isWith && (word === 'select' || word === 'from')) return index;
    isWith = true;
  }
  return undefined;
}
