import { constantOf, functionNameOf, integerBounds, type IntegerBounds, type IsNumberColumn } from './integer-bounds';
import { argumentsOf, isNode, type SyntaxNode } from './transform-syntax';

/** Limit for a text that a function repeats, or whose every character it compares with every character of another. */
const LONGEST_TEXT = 256;
/** Limit for a number that decides how much a function makes. */
const LARGEST_COUNT = 10_000;

type Bound = (argument: SyntaxNode, isNumberColumn: IsNumberColumn) => boolean;
interface Bounded {
  /** By position of the argument. */
  readonly bounds: Readonly<Record<number, Bound>>;
  /** What to write instead. */
  readonly write: string;
}

const count: Bound = (node, isNumberColumn) => integerBounds(node, isNumberColumn).high <= LARGEST_COUNT;
const text: Bound = (node, isNumberColumn) => {
  const constant = constantOf(node);
  if (constant !== undefined) return typeof constant !== 'string' || constant.length <= LONGEST_TEXT;
  const { class: kind, child, cast_type: type } = node;
  if (kind === 'CAST' && isNode(child) && isNode(type)) return type['id'] === 'VARCHAR' && text(child, isNumberColumn);
  const name = functionNameOf(node);
  if (name === 'chr') return true;
  const [, length] = argumentsOf(node);
  if (name !== 'left' || length === undefined) return false;
  const { low, high } = integerBounds(length, isNumberColumn);
  // left(…, -1) is all but the last character.
  return low >= 0 && high <= LONGEST_TEXT;
};
/** Allows no width that is an argument or has many digits. */
const formatted = (escape: string, unbounded: RegExp): Bounded => ({
  bounds: {
    0: (node) => {
      const constant = constantOf(node);
      return typeof constant === 'string' && !unbounded.test(constant.replaceAll(escape, ''));
    },
  },
  write: 'its format as a text, with no width that is an argument, and none of five digits',
});

const small = `a number of at most ${LARGEST_COUNT}, or least(…, ${LARGEST_COUNT})`;
const short = `a text of at most ${LONGEST_TEXT} characters, or left(…, ${LONGEST_TEXT})`;
const sized: Bounded = { bounds: { 1: count }, write: small };
const compared: Bounded = { bounds: { 0: text, 1: text }, write: `${short}, for each argument` };
const replaced: Bounded = { bounds: { 2: text }, write: `as its third argument ${short}` };
/**
 * Functions that take memory that DuckDB's limit does not count, or time that grows with a number or with the square of
 * a text. One event with a long text or a large number would end the worker. Found by calls of all functions in the
 * catalogue with texts of a megabyte and large numbers. After an upgrade, tests/engines/sql-check/functions.test.ts
 * reports the new functions.
 */
const BOUNDED: ReadonlyMap<string, Bounded> = new Map([
  ...['lpad', 'rpad', 'list_resize', 'array_resize', 'bitstring'].map((name) => [name, sized] as const),
  ...['damerau_levenshtein', 'editdist3', 'levenshtein', 'jaro_similarity', 'jaro_winkler_similarity'].map(
    (name) => [name, compared] as const,
  ),
  ...['replace', 'regexp_replace'].map((name) => [name, replaced] as const),
  ['format', formatted('{{', /\{[^{}]*(?:\d{5}|\{)/)],
  ['printf', formatted('%%', /%[-+ #0-9.,']*(?:\*|\d{5})/)],
  ['repeat', { bounds: { 0: text, 1: count }, write: `${short}, and ${small}` }],
]);
const SERIES = ['range', 'generate_series'];

/** Why the result or the memory of a call has no bound; undefined if it has one. */
export function unboundedCall(call: SyntaxNode, isNumberColumn: IsNumberColumn): string | undefined {
  const name = functionNameOf(call) ?? '';
  const given = argumentsOf(call);
  if (SERIES.includes(name)) {
    return isShortSeries(given, isNumberColumn) ? undefined : `${name}() has no bound: write ${small}`;
  }
  const bounded = BOUNDED.get(name);
  if (bounded === undefined) return undefined;
  const holds = Object.entries(bounded.bounds).every(([position, bound]) => {
    const argument = given[Number(position)];
    return argument !== undefined && bound(argument, isNumberColumn);
  });
  return holds ? undefined : `${name}() has no bound: write ${bounded.write}`;
}

function isShortSeries(given: readonly SyntaxNode[], isNumberColumn: IsNumberColumn): boolean {
  const [first, second, by] = given.map((one) => integerBounds(one, isNumberColumn));
  if (first === undefined) return true;
  const [start, stop] = second === undefined ? [NOTHING, first] : [first, second];
  const step = by ?? ONE;
  if (step.low !== step.high) return false;
  if (step.low === 0) return true;
  const span = step.low > 0 ? stop.high - start.low : start.high - stop.low;
  return span / Math.abs(step.low) <= LARGEST_COUNT;
}

const NOTHING: IntegerBounds = { low: 0, high: 0 };
const ONE: IntegerBounds = { low: 1, high: 1 };
