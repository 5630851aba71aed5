/** A step into JSON: the value of a key of an object, or an element of an array, counted from 0. */
export type PathStep = string | number;

/** Steps that a path has at most. */
const MOST_STEPS = 64;
const STEP =
  /\.(?<name>[^\s."'`[\]\\*?#$]+)|\.(?<quoted>"(?:[^"\\]|\\.)*")|\[(?<inBrackets>"(?:[^"\\]|\\.)*"|'[^'\\]*')\]|\[(?<index>0|[1-9][0-9]{0,8})\]/uy;

/** What a path may be, for messages. */
export const PATHS =
  'a path such as $.user.id, $.items[0].sku or $["user.name"].first: $, then names and indexes from 0; other names than plain ones in quotes';

/**
 * The steps of a path; undefined if it is none. A path begins with `$`. Then come `.name`, `."any name"`,
 * `["any name"]`, `['any name']` and `[0]`. Names in double quotes are JSON strings.
 */
export function parsePath(path: string): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  if (!path.startsWith('$')) return undefined;
  for (let at = 1; at < path.length;) {
    STEP.lastIndex = at;
    const found = STEP.exec(path);
    if (found === null) return undefined;
    const { name, inBrackets, quoted = inBrackets, index } = found.groups ?? {};
    const step = name ?? (quoted === undefined ? Number(index) : unquoted(quoted));
    if (step === undefined || steps.length === MOST_STEPS) return undefined;
    steps.push(step);
    at += found[0].length;
  }
  return steps.length === 0 ? undefined : steps;
}

/** Undefined if it is no JSON string, or has characters that no message and no SQL could show. */
function unquoted(text: string): string | undefined {
  const name = text.startsWith("'") ? text.slice(1, -1) : jsonString(text);
  return name === undefined || /\p{C}/u.test(name) ? undefined : name;
}

function jsonString(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Steps as a path, as messages name an object on the way. */
export function pathOf(steps: readonly PathStep[]): string {
  const written = steps.map((step) => {
    if (typeof step === 'number') return `[${step}]`;
    return /^[A-Za-z_][A-Za-z0-9_-]*$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
  });
  return `$${written.join('')}`;
}
