import * as fc from 'fast-check';
import { createCipheriv } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { framingFault, JsonFraming } from '../../../../engines/input/framing/json-framing';

const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom('{', '}', '"', '\\', '[{', '}{', ',', '\n', ' '),
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('value'), { maxKeys: 3 }),
  ),
})).value;
const object = fc.dictionary(fc.constantFrom('id', '{', '}', '"', 'a b'), value, { minKeys: 1, maxKeys: 3 });

/** How people write objects one after another. */
const FRAMES: readonly ((objects: readonly string[]) => string)[] = [
  (objects) => objects.join(''),
  (objects) => objects.join('\n'),
  (objects) => objects.map((text) => `${text},\n`).join(''),
  (objects) => `[${objects.join(', ')}]`,
  (objects) => `[\r\n ${objects.join('\r\n,\r\n ')}\r\n]\r\n`,
  (objects) => objects.map((text) => `\t${text} `).join('\n\n'),
];

it('gives each object of any framing as one line, wherever the bytes were cut', () => {
  fc.assert(
    fc.property(
      fc.array(object, { maxLength: 5 }),
      fc.constantFrom(...FRAMES),
      fc.constantFrom(undefined, 2),
      fc.integer({ min: 1, max: 50 }),
      (objects, frame, indent, size) => {
        const bytes = Buffer.from(frame(objects.map((one) => JSON.stringify(one, undefined, indent))));
        const framing = new JsonFraming();
        let text = '';
        const parts: Buffer[] = [];
        for (let at = 0; at < bytes.length; at += size) parts.push(framing.lines(bytes.subarray(at, at + size)));
        text = Buffer.concat(parts).toString('utf8');
        const lines = text.split('\n').slice(0, -1);
        expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(
          objects.map((one) => JSON.parse(JSON.stringify(one)) as unknown),
        );
        expect(framing.isOpen).toBe(false);
      },
    ),
    { numRuns: 2000 },
  );
});

it('makes no valid record of one whose text has a line break', () => {
  const line = new JsonFraming().lines(Buffer.from('{"a":"b\nc"}')).toString().trim();
  expect(() => JSON.parse(line) as unknown).toThrow('control character');
});

it('makes lines of what stands between objects, which are no records', () => {
  const framing = new JsonFraming();
  expect(framing.lines(Buffer.from('{"a":1}x y{"b":2}\noops\n{"c":3')).toString()).toBe(
    '{"a":1}\nxy\n{"b":2}\noops\n{"c":3',
  );
  expect(framing.isOpen).toBe(true);
});

it.each([
  ['[{"a":1},{"a":2}]', 'a JSON array'],
  ['[\n {\n  "a": 1\n }\n]\n', 'a JSON array'],
  ['{"a":1}{"a":2}', 'no line feed between'],
  ['{"a":1},\n{"a":2},\n', 'commas'],
  ['{"a":1},\n{"a":2},\n{"a":3}\n', 'commas'],
  ['[\n{"a":1},\n{"a":2}\n]\n', 'a JSON array'],
  ['[{"a":1}]\n{"a":2}\n', undefined],
  ['{"a":1},\n{"a":2}\n{"a":3}\n', undefined],
  ['[{"a":1\n{"a":2}\n{"a":3}\n', undefined],
  ['[x] log opened\n{"a":1}\n', undefined],
  [`{"a":1}{"a":2,"t":"${'x'.repeat(70_000)}"}\n{"a":3}\n`, undefined],
  [`[${'{"a":1},'.repeat(10_000)}{}]`, 'a JSON array'],
  ['{"a":1}'.repeat(10_000), 'no line feed between'],
  ['[\n{"a":1}\n,{"a":2}\n]\n', 'a JSON array'],
  ['{\n "a": 1\n}\n{\n "a": 2\n}\n', 'several lines'],
  ['{"a":1}\n[{"a":2}]\n', undefined],
  // One torn line in a file of lines is a bad record, not another framing.
  ['{"a":1}{"a":2}\n{"a":3}\n', undefined],
  // Many in one are not, whatever stands around it.
  [`{"a":1}\n${'{"a":2}'.repeat(999)}\n`, 'no line feed between'],
  [`${'{"a":2}'.repeat(10)}\n{"a":1}\n{"a":3}\n`, 'no line feed between'],
  [`{"a":"${'}{'.repeat(99)}"}\n{"a":1}\n`, undefined],
  [`{"a":1}\n${'{"a":}'.repeat(99)}\n`, undefined],
  // Objects within others that have lines of their own.
  ['[\n {\n  "items": [\n   {"sku": "a"}\n  ]\n },\n {\n  "items": [\n   {"sku": "b"}\n  ]\n }\n]\n', 'a JSON array'],
  ['{\n "items": [\n  {"sku": "a"}\n ]\n}\n', 'several lines'],
  ['{"a":1,\n{"a":2}\n{"a":3}\n', undefined],
  // A torn line whose end comes later, among whole ones.
  [`{"a":"b\n${'{"a":2}\n'.repeat(24)}c"}\n${'{"a":3}\n'.repeat(99)}`, undefined],
  [`{"a":1,\n${'{"a":2}\n'.repeat(9)}}\n${'{"a":3}\n'.repeat(9)}`, undefined],
  ['no JSON\n{{{\n', undefined],
  // Bad records that no framing makes good.
  ['[1]\n', undefined],
  ['["{"]\n', undefined],
  ['', undefined],
  // A string that is not closed hides braces.
  ['{"a":"\\","b":"x","c":"x"}\n{"a":["x"],"b":{"":""},"c":"""}\n', undefined],
  ['{"a":"x}\n{"b":"y"}\n', undefined],
  ['{"a":{}\n{"b":1}}\n', undefined],
])('%j: %s', (content, kind) => {
  const fault = framingFault('lines', Buffer.from(content));
  if (kind === undefined) expect(fault).toBeUndefined();
  else expect(fault).toMatch(new RegExp(`${kind}.*files\\.framing: json`));
  expect(framingFault('json', Buffer.from(content))).toBeUndefined();
});

const RECORDS = Array.from({ length: 2000 }, (_, id) => `{"id":${id},"hello":"w${id % 7}"}\n`);
const bytes = (...parts: readonly (string | Uint8Array)[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
/** One byte of a length before each text, as in messages of protobuf. */
const prefixed = (texts: readonly string[]): Buffer =>
  bytes(...texts.flatMap((text) => [Buffer.from([0x12, text.length]), text]));
/** As long as this many zeros. */
const encrypted = (length: number): Buffer =>
  createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(length));
const LONG = 'x'.repeat(70_000);

it.each<[string, Buffer, readonly ('lines' | 'json')[]]>([
  ['a compressed file', deflateRawSync(RECORDS.join('')), ['lines', 'json']],
  ['an encrypted file', encrypted(70_000), ['lines', 'json']],
  ['zeros, then an encrypted file', bytes(Buffer.alloc(9), encrypted(70_000)), ['lines', 'json']],
  ['texts with their lengths', prefixed(RECORDS.map((_, id) => `name-${id}\n`)), ['lines', 'json']],
  // Where objects need no lines, they can be read.
  ['objects with their lengths', prefixed(RECORDS), ['lines']],
  ['nothing', Buffer.alloc(0), []],
  ['a few bytes', Buffer.from('ff00fe01fd02fc03fb04', 'hex'), []],
  ['zeros, then a few bytes', bytes(Buffer.alloc(70_000), Buffer.from([1, 2, 3])).subarray(4465), []],
  ['zeros', Buffer.alloc(70_000), []],
  ['zeros, then records', bytes(Buffer.alloc(5000), '\n', ...RECORDS), []],
  ['a record behind zeros in its line', bytes(Buffer.alloc(5000), RECORDS[0] ?? ''), []],
  ['bad lines, then records', bytes(encrypted(60_000), '\n', ...RECORDS), []],
  ['records, then bad lines', bytes(...RECORDS, encrypted(60_000)), []],
  ['a cut line', bytes(`{"id":1,"hello":"${LONG}`), []],
  ['a cut line that has zeros', bytes(`\ufeff{ "id" :1,"hello":"`, Buffer.alloc(70_000)), []],
  ['a cut line that has a list', bytes(`[{"id":1,"hello":"`, Buffer.alloc(600)), []],
  ['broken records', bytes(...RECORDS.map((line) => line.replace('w', '\u0001'))), []],
  ['empty objects', bytes(...RECORDS.map(() => '{ }\n'), Buffer.alloc(70_000)), []],
  ['text of Latin-1', Buffer.from('id;größe\n1;\u00fcber\n'.repeat(99), 'latin1'), []],
  ['records of Latin-1', Buffer.from(RECORDS.join('').replaceAll('w', '\u00fc'), 'latin1'), []],
  ['a cut line of Latin-1', Buffer.from(`\u00fc"} ${LONG}`, 'latin1'), []],
  ['a character that is cut at the end', bytes(`x${'서'.repeat(30_000)}`), []],
  ['text in colours', bytes('\u001b[31mno JSON\u001b[0m\r\n'.repeat(99)), []],
])('%s: text, or not', (_, content, refused) => {
  for (const framing of ['lines', 'json'] as const) {
    const expected = refused.includes(framing) ? /^its content is no text, and files are read/ : /^$/;
    expect(framingFault(framing, content) ?? '').toMatch(expected);
  }
});
