import fc from 'fast-check';
import { written, type Json } from './reference-rule';

/** Names that SQL, paths or regular expressions read in other ways. */
export const KEYS = [
  'a',
  'b',
  'user',
  'user.name',
  '@t',
  'user-id',
  '',
  'x"y',
  'b\\c',
  '*',
  'a*',
  '서울',
  '0',
  '1',
  '#',
  '$',
  '~',
  'a/b',
  '~1',
  ' ',
  '[0]',
  '$.a',
  'constructor',
];
export const key = fc.oneof({ weight: 3, arbitrary: fc.constantFrom('a', 'b') }, fc.constantFrom(...KEYS));

export const string = (value: string): Json => ({ kind: 'string', value });
export const number = (text: string): Json => ({ kind: 'number', text });
const numbers = fc.oneof(
  fc.constantFrom(
    '0',
    '-0',
    '1',
    '-1',
    '5',
    '1.50',
    '1.0',
    '-0.0',
    '1e3',
    '1E+2',
    '0.10',
    '12.345',
    '99.99',
    '100.00',
    '1.500',
    '1e400',
  ),
  fc.constantFrom(
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
    '9007199254740993',
    '12345678901234567890123',
  ),
  fc.constantFrom(
    '1.23456789012345678901234567890',
    '0.1000000000000000055511151231257827',
    '4.9E-324',
    '123456789.123456789',
  ),
  fc.integer({ min: -1000, max: 1000 }).map(String),
);
const strings = fc.oneof(
  fc.constantFrom(
    'x',
    '',
    '5',
    '05',
    '-0',
    '1.50',
    '1e3',
    '.5',
    '5.',
    '+1',
    ' 5',
    'true',
    'false',
    'null',
    '{}',
    '[1]',
    's',
    'n5',
    '"',
    '\\',
    '\u0001',
    '\u0001!',
    '\u00015',
    '\\u0001',
    '\\u0001-1.50',
    '"\u00011.5"',
    ',1.50,',
    ':1.50}',
    '[-0 , 1e3]',
    '서울',
    '😀',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const scalar: fc.Arbitrary<Json> = fc.oneof(
  numbers.map(number),
  strings.map(string),
  fc.boolean().map((value): Json => ({ kind: 'boolean', value })),
  fc.constant<Json>({ kind: 'null' }),
);
const { json } = fc.letrec<{ json: Json; array: Json; object: Json }>((tie) => ({
  json: fc.oneof({ depthSize: 'small', withCrossShrink: true }, scalar, tie('array'), tie('object'), tie('object')),
  array: fc
    .oneof(
      fc.array(tie('json'), { maxLength: 4 }),
      fc.array(numbers.map(number), { maxLength: 4 }),
      fc.array(strings.map(string), { maxLength: 3 }),
    )
    .map((items): Json => ({ kind: 'array', items })),
  object: fc.array(fc.tuple(key, tie('json')), { maxLength: 4 }).map((entries): Json => ({ kind: 'object', entries })),
}));
/** Objects repeat a key only now and then. */
export const record = fc.tuple(
  fc.uniqueArray(fc.tuple(key, json), { maxLength: 6, selector: ([name]) => name }),
  fc.integer({ min: 0, max: 19 }),
);

/** How a text is spelled: blanks between its parts, and escapes in its strings. */
export const spelling = fc.record({ blank: fc.constantFrom('', '', ' ', '\t '), escapes: fc.boolean() });
export interface Spelling {
  readonly blank: string;
  readonly escapes: boolean;
}

export function spell(value: Json, how: Spelling): string {
  const { blank, escapes } = how;
  const text = (content: string): string => {
    const plain = JSON.stringify(content);
    const escaped = (letter: string): string => `"\\u${letter.charCodeAt(1).toString(16).padStart(4, '0')}`;
    return escapes ? plain.replace(/^"[a-z/]/, escaped) : plain;
  };
  switch (value.kind) {
    case 'string':
      return text(value.value);
    case 'array':
      return `[${blank}${value.items.map((item) => spell(item, how)).join(`${blank},${blank}`)}${blank}]`;
    case 'object':
      return `{${blank}${value.entries.map(([name, inner]) => `${text(name)}${blank}:${blank}${spell(inner, how)}`).join(`${blank},${blank}`)}${blank}}`;
    case 'null':
    case 'boolean':
    case 'number':
      return written(value);
  }
}
