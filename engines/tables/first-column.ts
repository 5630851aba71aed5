/**
 * What an SQL text is made of, as far as it matters where a word or a parenthesis counts. A name may have letters of any
 * script, and $.
 */
const TOKEN =
  /\s+|--[^\n\r]*|\/\*|[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$[\s\S]*?\$\1\$|(?:[\w$]|[^\s!-~])+|[\s\S]/gy;
const WORD = /^\w/;

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
  for (const { token, index } of tokensOf(transform)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    if (depth > 0 || !WORD.test(token)) continue;
    const word = token.toLowerCase();
    if (!isWith && word !== 'with') return index;
    if (isWith && (word === 'select' || word === 'from')) return index;
    isWith = true;
  }
  return undefined;
}

/** The tokens outside of comments between slashes, which can stand in each other. */
function* tokensOf(sql: string): Generator<{ readonly token: string; readonly index: number }> {
  let at = 0;
  while (at < sql.length) {
    TOKEN.lastIndex = at;
    const [token = ''] = TOKEN.exec(sql) ?? [];
    if (token === '/*') {
      at = endOfComment(sql, at);
      continue;
    }
    yield { token, index: at };
    at += token.length;
  }
}

function endOfComment(sql: string, start: number): number {
  let depth = 0;
  for (const { 0: mark, index } of sql.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += mark === '/*' ? 1 : -1;
    if (depth === 0) return start + index + mark.length;
  }
  return sql.length;
}
