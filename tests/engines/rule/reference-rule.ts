import { pathOf, type PathStep } from '../../../domain/field-path';

/**
 * The rule for the fields of a record, in plain TypeScript over a tree of JSON that keeps repeated keys and the spelling
 * of numbers. The tests compare the SQL with it.
 */
export type Json =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'array'; readonly items: readonly Json[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [key: string, value: Json])[] };

export interface Field {
  readonly name: string;
  readonly type: string;
  readonly steps: readonly PathStep[];
  readonly label: string;
  readonly lenient: boolean;
}

/** A value of a column: texts of SQL values, null, or a list of these. */
export type Value = string | null | readonly (string | null)[];
export type Outcome = { readonly values: readonly Value[]; readonly reason: undefined } | { readonly reason: string };

/** The values of the columns, or the beginning of the reason why the record is bad. */
export function outcomeOf(record: Json, fields: readonly Field[]): Outcome {
  const object = repeatedOnTheWay(record, fields);
  if (object !== undefined) return { reason: `a key occurs twice in ${object}` };
  const values: Value[] = [];
  for (const field of fields) {
    const read = readField(fieldAt(record, field.steps), field);
    if ('reason' in read) return read;
    values.push(read.value);
  }
  return { values, reason: undefined };
}

type Read = { readonly value: Value } | { readonly reason: string };

function fieldAt(json: Json | undefined, [step, ...rest]: readonly PathStep[]): Json | undefined {
  if (step === undefined) return json;
  if (json?.kind === 'array' && typeof step === 'number') return fieldAt(json.items[step], rest);
  if (json?.kind !== 'object' || typeof step !== 'string') return undefined;
  return fieldAt(json.entries.find(([key]) => key === step)?.[1], rest);
}

/** The first object, in the order of the columns, in which a column looks for a key and some key occurs twice. */
function repeatedOnTheWay(record: Json, fields: readonly Field[]): string | undefined {
  const ways = fields.flatMap(({ steps }) =>
    steps.flatMap((step, index) => (typeof step === 'string' ? [steps.slice(0, index)] : [])),
  );
  for (const way of [[], ...ways]) {
    const found = fieldAt(record, way);
    if (found?.kind === 'object' && repeats(found)) return way.length === 0 ? 'the object' : pathOf(way);
  }
  return undefined;
}

function repeats({ entries }: { readonly entries: readonly (readonly [string, Json])[] }): boolean {
  return new Set(entries.map(([key]) => key)).size < entries.length;
}

function readField(json: Json | undefined, { type, lenient, label }: Field): Read {
  if (json === undefined || json.kind === 'null') return { value: null };
  if (!type.endsWith('[]')) {
    const value = valueOf(json, type, lenient);
    return value === undefined ? { reason: `${label} is ` } : { value };
  }
  if (json.kind !== 'array') return { reason: `${label} is ` };
  const values: (string | null)[] = [];
  for (const [index, item] of json.items.entries()) {
    const value = item.kind === 'null' ? null : valueOf(item, type.slice(0, -2), lenient);
    if (value === undefined) return { reason: `${label.replace(/\)?$/, (end) => `[${index}]${end}`)} is ` };
    values.push(value);
  }
  return { value: values };
}

/** Undefined if the value is not of the type. */
function valueOf(json: Json, type: string, lenient: boolean): string | undefined {
  if (type === 'JSON') return isReadable(json, 0) ? written(json) : undefined;
  if (type === 'VARCHAR') return json.kind === 'string' ? json.value : lenient ? scalarText(json) : undefined;
  // -0 is an integer, of which there is one zero; -0.0 is none.
  const isZero = json.kind === 'number' && json.text === '-0';
  const text = json.kind === 'string' ? (lenient ? json.value : undefined) : isZero ? '0' : scalarText(json);
  const mayBe = json.kind === 'string' || (json.kind === 'boolean') === (type === 'BOOLEAN');
  return text === undefined || !mayBe ? undefined : typedText(text, type);
}

function scalarText(json: Json): string | undefined {
  if (json.kind === 'number') return json.text;
  return json.kind === 'boolean' ? String(json.value) : undefined;
}

function typedText(text: string, type: string): string | undefined {
  const [, digits = '', scale = ''] = /^DECIMAL\((\d+),(\d+)\)$/.exec(type) ?? [];
  switch (type) {
    case 'BOOLEAN':
      return text === 'true' || text === 'false' ? text : undefined;
    case 'BIGINT':
      return /^-?\d+$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text)
        ? String(BigInt(text))
        : undefined;
    case 'DOUBLE':
      return /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text))
        ? doubleText(Number(text))
        : undefined;
    default:
      return decimalText(text, Number(digits), Number(scale));
  }
}

function doubleText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function decimalText(text: string, digits: number, scale: number): string | undefined {
  const [, sign = '', whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (whole === '' || /[^0]/.test(fraction.slice(scale))) return undefined;
  const unscaled = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'));
  if (unscaled >= 10n ** BigInt(digits)) return undefined;
  const text0 = String(unscaled).padStart(scale + 1, '0');
  const value = scale === 0 ? text0 : `${text0.slice(0, -scale)}.${text0.slice(-scale)}`;
  return sign === '-' && unscaled !== 0n ? `-${value}` : value;
}

function isReadable(json: Json, levels: number): boolean {
  if (json.kind === 'number') return Number.isFinite(Number(json.text));
  if (json.kind === 'array') return levels < 100 && json.items.every((item) => isReadable(item, levels + 1));
  if (json.kind !== 'object') return true;
  return levels < 100 && !repeats(json) && json.entries.every(([, value]) => isReadable(value, levels + 1));
}

/** Without blanks, numbers as they are spelled. */
export function written(json: Json): string {
  switch (json.kind) {
    case 'null':
      return 'null';
    case 'boolean':
      return String(json.value);
    case 'number':
      return json.text;
    case 'string':
      return JSON.stringify(json.value);
    case 'array':
      return `[${json.items.map(written).join(',')}]`;
    case 'object':
      return `{${json.entries.map(([key, value]) => `${JSON.stringify(key)}:${written(value)}`).join(',')}}`;
  }
}
