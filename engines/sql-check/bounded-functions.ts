import { isNode, type SyntaxNode } from './transform-syntax';

/** Of a text that a function repeats, or compares each character of with each of another. */
const LONGEST_TEXT = 256;
/** Of what a function makes by a number. */
const LARGEST_COUNT = 10_000;

type Bound = (argument: SyntaxNode) => boolean;
interface Bounded {
  /** By the position of the argument. */
  readonly bounds: Readonly<Record<number, Bound>>;
  /** What to write instead. */
  readonly write: string;
}

const count: Bound = (node) => {
  const number = integerOf(node);
  if (number !== undefined) return number <= LARGEST_COUNT;
  return isCallOf(node, ['least']) && argumentsOf(node).some((one) => (integerOf(one) ?? Infinity) <= LARGEST_COUNT);
};
const text: Bound = (node) => {
  const constant = constantOf(node);
  if (constant !== undefined) return typeof constant !== 'string' || constant.length <= LONGEST_TEXT;
  if (isCallOf(node, ['chr'])) return true;
  const [, length] = argumentsOf(node);
  return isCallOf(node, ['left']) && length !== undefined && (integerOf(length) ?? Infinity) <= LONGEST_TEXT;
};
/** Without a width that is an argument, or of many digits. */
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
 * Functions that take memory, which DuckDB's limit does not count, or time that grows with the square of a text or with a
 * number: one event with a long text or a large number would end the worker. Found by calling all of the catalogue with
 * texts of a megabyte and large numbers; tests/engines/sql-check/functions.test.ts has the list of an upgrade's others.
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
const OWN_SCHEMAS = ['', 'main', 'system', 'pg_catalog'];

/** Why a call's result, or the memory that it takes, has no bound; undefined where it has one. */
export function unboundedCall(call: SyntaxNode): string | undefined {
  const name = String(call['function_name']).toLowerCase();
  const bounded = BOUNDED.get(name);
  const isSeries = SERIES.includes(name);
  if (bounded === undefined && !isSeries) return undefined;
  // In x.repeat(3) the first argument is none of the arguments.
  if (!OWN_SCHEMAS.includes(String(call['schema']))) return `${name}() needs bounds: write it as ${name}(…)`;
  const given = argumentsOf(call);
  if (isSeries) return isShortSeries(given) ? undefined : `${name}() has no bound: write ${small}`;
  const holds = Object.entries(bounded?.bounds ?? {}).every(([position, bound]) => {
    const argument = given[Number(position)];
    return argument !== undefined && bound(argument);
  });
  return holds ? undefined : `${name}() has no bound: write ${bounded?.write ?? ''}`;
}

function isShortSeries(given: readonly SyntaxNode[]): boolean {
  const [only, ...others] = given;
  if (only === undefined || others.length === 0) return only === undefined || count(only);
  const [start, stop, step = 1] = given.map(integerOf);
  if (start === undefined || stop === undefined || (given.length > 2 && integerOf(given[2]) === undefined))
    return false;
  return step === 0 || Math.abs((stop - start) / step) <= LARGEST_COUNT;
}

function isCallOf(node: SyntaxNode, names: readonly string[]): boolean {
  return (
    node['class'] === 'FUNCTION' &&
    names.includes(String(node['function_name']).toLowerCase()) &&
    OWN_SCHEMAS.includes(String(node['schema']))
  );
}

function argumentsOf(call: SyntaxNode): readonly SyntaxNode[] {
  const { children } = call;
  return Array.isArray(children) ? children.filter(isNode) : [];
}

/** The number or the text of a literal, null for NULL; undefined for any other node. */
function constantOf(node: SyntaxNode): string | number | null | undefined {
  const { class: kind, value } = node;
  if (kind !== 'CONSTANT' || !isNode(value)) return undefined;
  if (value['is_null'] === true) return null;
  const plain = value['value'];
  return typeof plain === 'string' || typeof plain === 'number' ? plain : undefined;
}

function integerOf(node: SyntaxNode | undefined): number | undefined {
  if (node === undefined || !isNode(node['value']) || !isNode(node['value']['type'])) return undefined;
  const constant = constantOf(node);
  const isInteger = ['INTEGER', 'BIGINT'].includes(String(node['value']['type']['id']));
  return typeof constant === 'number' && isInteger ? constant : undefined;
}
