/** A value in Thrift's compact protocol, as far as a Parquet file needs it. */
export type ThriftValue =
  | { readonly type: 'i32' | 'i64'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'struct'; readonly fields: ThriftFields }
  | { readonly type: 'list'; readonly of: 'i32' | 'string' | 'struct'; readonly items: readonly ThriftValue[] };

/** By field number, ascending. */
export type ThriftFields = Readonly<Record<number, ThriftValue>>;

const TYPE_CODES = { i32: 5, i64: 6, string: 8, list: 9, struct: 12 } as const;

export const i32 = (value: number): ThriftValue => ({ type: 'i32', value });
export const i64 = (value: number): ThriftValue => ({ type: 'i64', value });
export const string = (value: string): ThriftValue => ({ type: 'string', value });
export const struct = (fields: ThriftFields): ThriftValue => ({ type: 'struct', fields });
export const list = (of: 'i32' | 'string' | 'struct', items: readonly ThriftValue[]): ThriftValue => ({
  type: 'list',
  of,
  items,
});

/** A whole message, which is a struct without a header. */
export function thriftBytes(fields: ThriftFields): Buffer {
  const bytes: number[] = [];
  writeFields(bytes, fields);
  return Buffer.from(bytes);
}

function writeFields(bytes: number[], fields: ThriftFields): void {
  let last = 0;
  for (const [number, value] of Object.entries(fields)) {
    bytes.push(((Number(number) - last) << 4) | TYPE_CODES[value.type]);
    last = Number(number);
    writeValue(bytes, value);
  }
  bytes.push(0);
}

function writeValue(bytes: number[], value: ThriftValue): void {
  switch (value.type) {
    case 'i32':
    case 'i64':
      writeNumber(bytes, 2 * value.value); // Zigzag encoding: no number here is negative.
      return;
    case 'string': {
      const text = Buffer.from(value.value);
      writeNumber(bytes, text.length);
      bytes.push(...text);
      return;
    }
    case 'struct':
      writeFields(bytes, value.fields);
      return;
    case 'list': {
      const code = TYPE_CODES[value.of];
      if (value.items.length < 15) bytes.push((value.items.length << 4) | code);
      else {
        bytes.push(0xf0 | code);
        writeNumber(bytes, value.items.length);
      }
      for (const item of value.items) writeValue(bytes, item);
    }
  }
}

/** An unsigned number of variable length; also above 32 bits. */
export function writeNumber(bytes: number[], value: number): void {
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
}
