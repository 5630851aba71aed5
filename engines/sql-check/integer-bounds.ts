import { argumentsOf, columnNamesOf, isNode, type SyntaxNode } from './transform-syntax';

/** Both ends are included. An unknown end is infinite. */
export interface IntegerBounds {
  readonly low: number;
  readonly high: number;
}

/** Whether a column, given by the parts of its name, is certainly a number. */
export type IsNumberColumn = (names: readonly string[]) => boolean;

const UNKNOWN: IntegerBounds = { low: -Infinity, high: Infinity };
const INTEGER_TYPE = /^U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;

/**
 * The bounds of an expression for every event. An expression with a known end is never NULL; least() and greatest()
 * would ignore a NULL.
 */
export function integerBounds(node: SyntaxNode, isNumberColumn: IsNumberColumn): IntegerBounds {
  const constant = integerOf(node);
  if (constant !== undefined) return { low: constant, high: constant };
  const inside = castToInteger(node);
  // A text would be compared as text: ' 99999' is less than '100'.
  if (inside !== undefined) return isNumber(inside, isNumberColumn) ? integerBounds(inside, isNumberColumn) : UNKNOWN;
  const name = functionNameOf(node);
  if (name !== 'least' && name !== 'greatest') return UNKNOWN;
  const given = argumentsOf(node).map((one) => integerBounds(one, isNumberColumn));
  const end = name === 'least' ? Math.min : Math.max;
  return { low: end(...given.map(({ low }) => low)), high: end(...given.map(({ high }) => high)) };
}

/** The function's name in lower case; undefined for any other node. */
export function functionNameOf(node: SyntaxNode): string | undefined {
  return node['class'] === 'FUNCTION' ? String(node['function_name']).toLowerCase() : undefined;
}

/** The number or the text of a literal, null for NULL, undefined for any other node. */
export function constantOf(node: SyntaxNode): string | number | null | undefined {
  const { class: kind, value } = node;
  if (kind !== 'CONSTANT' || !isNode(value)) return undefined;
  if (value['is_null'] === true) return null;
  const plain = value['value'];
  return typeof plain === 'string' || typeof plain === 'number' ? plain : undefined;
}

function integerOf(node: SyntaxNode): number | undefined {
  const constant = constantOf(node);
  const type = isNode(node['value']) && isNode(node['value']['type']) ? node['value']['type']['id'] : undefined;
  return typeof constant === 'number' && INTEGER_TYPE.test(String(type)) ? constant : undefined;
}

/** The operand of a cast to an integer that gives a value or an error, but never NULL; undefined for any other node. */
function castToInteger({
  class: kind,
  child,
  cast_type: type,
  try_cast: mayBeNull,
}: SyntaxNode): SyntaxNode | undefined {
  if (kind !== 'CAST' || mayBeNull !== false || !isNode(child) || !isNode(type)) return undefined;
  return INTEGER_TYPE.test(String(type['id'])) ? child : undefined;
}

function isNumber(node: SyntaxNode, isNumberColumn: IsNumberColumn): boolean {
  if (integerOf(node) !== undefined || castToInteger(node) !== undefined) return true;
  const names = columnNamesOf(node);
  if (names !== undefined) return isNumberColumn(names);
  const name = functionNameOf(node);
  if (name !== 'least' && name !== 'greatest') return false;
  return argumentsOf(node).every((one) => isNumber(one, isNumberColumn));
}
