import { argumentsOf, columnNamesOf, isNode, type SyntaxNode } from './transform-syntax';

/** Both included; an end that is not known is infinite. */
export interface IntegerBounds {
  readonly low: number;
  readonly high: number;
}

/** Whether a column, by the parts of its name, is a number for certain. */
export type IsNumberColumn = (names: readonly string[]) => boolean;

const UNKNOWN: IntegerBounds = { low: -Infinity, high: Infinity };
const INTEGER_TYPE = /^U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;

/**
 * What an expression lies between, whatever the event. What has an end that is known is never NULL, which least() and
 * greatest() pass over.
 */
export function integerBounds(node: SyntaxNode, isNumberColumn: IsNumberColumn): IntegerBounds {
  const constant = integerOf(node);
  if (constant !== undefined) return { low: constant, high: constant };
  const inside = castToInteger(node);
  // A text would be compared as one: ' 99999' is less than '100'.
  if (inside !== undefined) return isNumber(inside, isNumberColumn) ? integerBounds(inside, isNumberColumn) : UNKNOWN;
  const name = functionNameOf(node);
  if (name !== 'least' && name !== 'greatest') return UNKNOWN;
  const given = argumentsOf(node).map((one) => integerBounds(one, isNumberColumn));
  const end = name === 'least' ? Math.min : Math.max;
  return { low: end(...given.map(({ low }) => low)), high: end(...given.map(({ high }) => high)) };
}

/** In lower case; undefined for any other node. */
export function functionNameOf(node: SyntaxNode): string | undefined {
  return node['class'] === 'FUNCTION' ? String(node['function_name']).toLowerCase() : undefined;
}

/** The number or the text of a literal, null for NULL; undefined for any other node. */
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

/** What is cast, so that another value or an error comes of it, but never NULL; undefined for any other node. */
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
