import * as fc from 'fast-check';
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
