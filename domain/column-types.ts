/** Types that every part of Daybreak holds without loss: files, both engines, Kafka's JSON and Druid. BIGINT is 64 bits, exact. */
export const COLUMN_TYPES = ['VARCHAR', 'BIGINT', 'DOUBLE', 'BOOLEAN'] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

type DecimalType = `DECIMAL(${number},${number})`;
/** The type of one value. JSON is the text of any value. */
export type ValueType = ColumnType | 'JSON' | DecimalType;
/** A column of an event. Its SQL type has the same text. */
export type EventType = ValueType | `${ValueType}[]`;
/** A column of the transform's result. */
export type OutputType = ColumnType | 'JSON' | `${ColumnType}[]`;

const NAMED_TYPES = [...COLUMN_TYPES, 'JSON'] as const;
/** The types of events that have no parameters. */
export const PLAIN_EVENT_TYPES = [...NAMED_TYPES, ...NAMED_TYPES.map((type) => `${type}[]` as const)] as const;
export const OUTPUT_TYPES = [
  ...NAMED_TYPES,
  ...COLUMN_TYPES.map((type) => `${type}[]` as const),
] as const satisfies readonly OutputType[];

/** Digits that DuckDB's DECIMAL has at most. */
const MOST_DIGITS = 38;

export interface Decimal {
  readonly digits: number;
  /** How many of the digits are behind the point. */
  readonly scale: number;
}

/** The digits of a DECIMAL, which may be a list's; undefined for any other type. */
export function decimalOf(type: string): Decimal | undefined {
  const [, digits, scale] = /^DECIMAL\(([1-9]\d?),(0|[1-9]\d?)\)/.exec(type) ?? [];
  return digits === undefined ? undefined : { digits: Number(digits), scale: Number(scale) };
}

/** Whether a DECIMAL has numbers of digits that DuckDB takes. */
export function isDecimalType(type: string): boolean {
  const found = decimalOf(type);
  return found !== undefined && found.scale <= found.digits && found.digits <= MOST_DIGITS;
}

export function isColumnType(type: string): type is ColumnType {
  return COLUMN_TYPES.some((one) => one === type);
}

/** The type of a list's elements; undefined for any other type. */
export function elementTypeOf<Value extends string>(type: Value | `${Value}[]`): Value | undefined {
  return type.endsWith('[]') ? (type.slice(0, -2) as Value) : undefined;
}
