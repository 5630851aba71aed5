import fc from 'fast-check';
import { deadLetterOf, parseDeadLetter } from '../../../activities/speed/dead-letter';
import { type NewRecord, recordSize } from '../../../clients/kafka/record-batch';

const ORIGIN = { topic: 'events', partition: 2 };
const RECORD = {
  offset: 41,
  timestamp: 1_700_000_000_000,
  key: Buffer.from('k'),
  value: Buffer.from('{'),
  headers: [{ name: 'trace', value: Buffer.from('abc') }],
};

/** Kafka's default limit for a batch, minus its own header. */
const BROKER_TAKES = 2 ** 20;

/** The record as it is read back from the dead-letter topic. */
function read({ key, value, headers = [] }: NewRecord) {
  const bytes = (text: Buffer | string | null) => (text === null ? null : Buffer.from(text));
  return parseDeadLetter(1, {
    offset: 7,
    timestamp: 0,
    key: bytes(key),
    value: bytes(value),
    headers: headers.map((header) => ({ name: header.name, value: bytes(header.value) })),
  });
}

describe('deadLetterOf', () => {
  it('keeps key, value and headers behind where, when and why', () => {
    const letter = deadLetterOf(ORIGIN, RECORD, 'BAD_RECORD', 'not JSON');
    expect(letter).toMatchObject({ key: RECORD.key, value: RECORD.value });
    expect(letter.headers?.map(({ name, value }) => [name, value?.toString()])).toEqual([
      ['daybreak.topic', 'events'],
      ['daybreak.partition', '2'],
      ['daybreak.offset', '41'],
      ['daybreak.timestamp', '1700000000000'],
      ['daybreak.code', 'BAD_RECORD'],
      ['daybreak.reason', 'not JSON'],
      ['trace', 'abc'],
    ]);
  });

  it('cuts a value that leaves no room for its headers, and says how large it was', () => {
    const letter = deadLetterOf(ORIGIN, { ...RECORD, value: Buffer.alloc(2_000_000, 'x') }, 'TOO_LARGE', 'too large');
    expect(letter.value).toHaveLength(65_536);
    expect(letter.headers).toContainEqual({ name: 'daybreak.truncated-from', value: '2000001' });
  });

  it.each([
    ['a header', { headers: [{ name: 'h', value: Buffer.alloc(1_048_300) }] }],
    [
      'a header beside a value',
      { value: Buffer.alloc(850_000), headers: [{ name: 'h', value: Buffer.alloc(198_300) }] },
    ],
    ['the name of a header', { headers: [{ name: 'h'.repeat(2_000_000), value: null }] }],
    ['many headers', { headers: Array.from({ length: 300_000 }, () => ({ name: '', value: null })) }],
    ['a key', { key: Buffer.alloc(2_000_000) }],
    ['a value', { value: Buffer.alloc(2_000_000) }],
  ])('fits into a message whatever the producer sent: %s', (_, sent) => {
    const record = { ...RECORD, ...sent };
    const letter = deadLetterOf(ORIGIN, record, 'TOO_LARGE', 'too large');
    expect(recordSize(letter)).toBeLessThan(BROKER_TAKES);
    expect(read(letter).truncatedFrom).toBe(record.key.length + record.value.length);
  });

  it('fits whatever its reason, and into less where a broker takes less', () => {
    expect(recordSize(deadLetterOf(ORIGIN, RECORD, 'BAD_RECORD', 'r'.repeat(2_000_000)))).toBeLessThan(8_192);
    const large = { ...RECORD, value: Buffer.alloc(500_000), headers: [{ name: 'h', value: Buffer.alloc(300_000) }] };
    expect(recordSize(deadLetterOf(ORIGIN, large, 'TOO_LARGE', 'r'.repeat(9_000), 4_096))).toBeLessThan(4_096);
  });

  it('says how many headers it has no room for', () => {
    const headers = [
      { name: 'trace', value: Buffer.from('abc') },
      { name: 'h', value: Buffer.alloc(1_000_000) },
      { name: 'last', value: null },
    ];
    const letter = deadLetterOf(ORIGIN, { ...RECORD, headers }, 'BAD_RECORD', 'not JSON');
    expect(letter.headers).toContainEqual({ name: 'daybreak.headers-left-out', value: '2' });
    expect(read(letter).headers).toEqual(headers.slice(0, 1));
  });

  it('keeps a producer’s own headers apart from ours, whatever their names', () => {
    const name = fc.oneof(
      fc
        .constantFrom('topic', 'offset', 'code', 'truncated-from', 'headers-left-out', 'replay-of', 'replayed')
        .map((word) => `daybreak.${word}`),
      fc.array(fc.constantFrom('original.', 'daybreak.', 'x'), { maxLength: 4 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(
        fc.array(fc.record({ name, value: fc.constant(Buffer.from('forged')) }), { maxLength: 5 }),
        (headers) => {
          const letter = read(deadLetterOf(ORIGIN, { ...RECORD, headers }, 'BAD_RECORD', 'not JSON'));
          expect(letter).toMatchObject({ origin: { ...ORIGIN, offset: 41 }, code: 'BAD_RECORD', headers });
          expect(letter.truncatedFrom).toBeUndefined();
        },
      ),
    );
  });

  it.each([
    [-8_640_000_000_000_001, '-8640000000000001'],
    [8_640_000_000_000_001, '8640000000000001'],
    [-8_640_000_000_000_000, '-271821-04-20T00:00:00.000Z'],
    [1_700_000_000_000, '2023-11-14T22:13:20.000Z'],
  ])('shows the time %d as it is where no calendar has it', (timestamp, shown) => {
    expect(read(deadLetterOf(ORIGIN, { ...RECORD, timestamp }, 'BAD_RECORD', 'not JSON')).timestamp).toBe(shown);
  });
});
