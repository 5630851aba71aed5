import * as z from 'zod';
import { boundColumnOf, type BoundColumn, type BoundSide } from './bound-plan';
import { isNode, type SyntaxNode } from './transform-syntax';

/** A column on one side of a comparison, and what DuckDB does to it before it compares. */
export interface ComparedColumn {
  readonly column: BoundColumn;
  /** The column's own type. */
  readonly type: string;
  /** What can make two different values equal; undefined if different values always stay different. */
  readonly merging: Merging | undefined;
}

export interface Merging {
  readonly by: { readonly kind: 'cast'; readonly to: string } | { readonly kind: 'function'; readonly name: string };
  /** Offset into the SQL text in bytes; undefined if the plan does not have it. */
  readonly offset: number | undefined;
}

const typeSchema = z.object({
  id: z.string(),
  type_info: z.object({ width: z.number().optional(), scale: z.number().optional() }).nullish(),
});

/** Undefined unless the side is a column, possibly cast or passed to functions of one argument. */
export function comparedColumn({ expression, columns }: BoundSide): ComparedColumn | undefined {
  const column = boundColumnOf({ expression, columns });
  if (column !== undefined) return { column, type: typeOf(expression), merging: undefined };
  const inner = argumentOf(expression);
  const found = inner && comparedColumn({ expression: inner, columns });
  if (found === undefined || inner === undefined || found.merging !== undefined) return found;
  const [from, to] = [typeOf(inner), typeOf(expression)];
  if (expression['expression_class'] === 'BOUND_CAST') {
    return staysDistinct(from, to) ? found : { ...found, merging: mergedBy(expression, { kind: 'cast', to }) };
  }
  return { ...found, merging: mergedBy(expression, { kind: 'function', name: String(expression['name']) }) };
}

function argumentOf(expression: SyntaxNode): SyntaxNode | undefined {
  const { expression_class: kind, child, children } = expression;
  if (kind === 'BOUND_CAST') return isNode(child) ? child : undefined;
  if (kind !== 'BOUND_FUNCTION' || !Array.isArray(children) || children.length !== 1) return undefined;
  const only: unknown = children[0];
  return isNode(only) ? only : undefined;
}

function mergedBy(expression: SyntaxNode, by: Merging['by']): Merging {
  const location = expression['query_location'];
  return { by, offset: typeof location === 'number' && Number.isSafeInteger(location) ? location : undefined };
}

const INTEGER = /^U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;
const EXACT = /^(?:U?(?:TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|BIGNUM|VARINT|DECIMAL(?:\(.*\))?|VARCHAR)$/;

/**
 * Whether casts of two different values never give equal values. A cast may fail, or give null, which equals nothing.
 */
function staysDistinct(from: string, to: string): boolean {
  if (from === to) return true;
  if (INTEGER.test(from)) return EXACT.test(to);
  if (from === 'BOOLEAN') return EXACT.test(to) || to === 'DOUBLE' || to === 'FLOAT';
  // Texts in several spellings give one number, and numbers with a fraction are rounded.
  return from === 'DOUBLE' && to === 'VARCHAR';
}

/** As SQL writes it. */
function typeOf(expression: SyntaxNode): string {
  const type = typeSchema.safeParse(expression['return_type']).data;
  const { width, scale } = type?.type_info ?? {};
  return `${type?.id ?? 'unknown'}${width === undefined || scale === undefined ? '' : `(${width},${scale})`}`;
}
