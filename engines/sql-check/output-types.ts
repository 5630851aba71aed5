import { isColumnType, type OutputType } from '../../domain/column-types';

/** The type of an output column whose type in DuckDB is `duckType`; undefined for a type that Druid cannot hold. */
export function outputTypeOf(duckType: string): OutputType | undefined {
  // In JSON all integers are the same.
  if (/^U?(?:TINY|SMALL)INT$|^INTEGER$|^UINTEGER$/.test(duckType)) return 'BIGINT';
  if (isColumnType(duckType) || duckType === 'JSON') return duckType;
  const element = elementOf(duckType);
  const type = element === undefined ? undefined : outputTypeOf(element);
  return type !== undefined && isColumnType(type) ? `${type}[]` : undefined;
}

/** What to write, as SQL, for an output column of a type that Druid cannot hold. */
export function castsFor(duckType: string, expression: string, name: string): string {
  const to = castTypeOf(duckType);
  if (to === undefined) return `to_json(${expression}) AS ${name}`;
  const text = duckType.endsWith(']') ? 'VARCHAR[]' : 'VARCHAR';
  const cast = (type: string): string => `CAST(${expression} AS ${type}) AS ${name}`;
  return to === text ? cast(to) : `${cast(to)}, or ${cast(text)} to keep every digit`;
}

/** Undefined if only JSON can hold it. */
function castTypeOf(duckType: string): string | undefined {
  const element = elementOf(duckType);
  if (element !== undefined) {
    const type = elementOf(element) === undefined && element !== 'JSON' ? castTypeOf(element) : undefined;
    return type === undefined ? undefined : `${type}[]`;
  }
  if (/^(?:STRUCT|MAP|UNION|VARIANT)\b/.test(duckType)) return undefined;
  if (/^(?:DECIMAL\b|FLOAT$)/.test(duckType)) return 'DOUBLE';
  return /^(?:U?HUGEINT|UBIGINT|BIGNUM)$/.test(duckType) ? 'BIGINT' : 'VARCHAR';
}

/** The type of the elements of a list or an array. */
function elementOf(duckType: string): string | undefined {
  return /^(.*)\[\d*\]$/s.exec(duckType)?.[1];
}
