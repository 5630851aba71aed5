import fc from 'fast-check';
import { endOfRecords } from '../../../clients/kafka/fetched-batches';
import { encodeRecordBatch, type NewRecord, recordSize } from '../../../clients/kafka/record-batch';
import { countRecords, type KafkaRecord, partOf, recordSlices } from '../../../clients/kafka/record-slices';
import { fetched, sealed } from './hostile-batches';

const NO_LIMIT = { rows: () => 1_000_000, bytes: 1e9 };

interface BatchOptions {
  readonly baseOffset?: number;
  readonly producerId?: bigint;
  readonly isControl?: boolean;
}

async function batch(records: readonly NewRecord[], options: BatchOptions = {}): Promise<Buffer> {
  const { baseOffset = 0, producerId = 1n, isControl = false } = options;
  const size = records.reduce((sum, record) => sum + recordSize(record), 0);
  const bytes = await encodeRecordBatch(records, size, { producerId, producerEpoch: 0, firstSequence: 0 });
  bytes.writeBigInt64BE(BigInt(baseOffset), 0); // The broker's part.
  if (isControl) bytes.writeInt16BE(bytes.readInt16BE(21) | 32, 21);
  return sealed(bytes);
}

const values = (...texts: string[]): NewRecord[] => texts.map((value) => ({ key: null, value }));
const end = (producerId: bigint, baseOffset: number): Promise<Buffer> =>
  batch(values('marker'), { producerId, baseOffset, isControl: true });

async function read(
  batches: readonly Buffer[],
  { from = 0, aborted = [] as { producerId: bigint; firstOffset: number }[], limits = NO_LIMIT } = {},
) {
  const slices: { records: KafkaRecord[]; nextOffset: number }[] = [];
  for await (const slice of recordSlices(fetched(Buffer.concat(batches), from, aborted), limits)) {
    slices.push({ records: slice.values.map((_, index) => slice.record(index)), nextOffset: slice.nextOffset });
  }
  return slices;
}

const texts = (slices: Awaited<ReturnType<typeof read>>): string[] =>
  slices.flatMap(({ records }) => records.map(({ value }) => value?.toString() ?? ''));

describe('recordSlices', () => {
  it('gives back what was encoded: keys, values, headers, nulls and any text', async () => {
    const bytes = fc.option(fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)));
    const record = fc.record({
      key: bytes,
      value: bytes,
      headers: fc.array(fc.record({ name: fc.string({ unit: 'grapheme' }), value: bytes }), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(record, { minLength: 1, maxLength: 200 }), async (records) => {
        const [slice] = await read([await batch(records, { baseOffset: 1_000 })], { from: 1_000 });
        expect(slice?.records.map(({ key, value, headers }) => ({ key, value, headers }))).toEqual(records);
        expect(slice?.records.map(({ offset }) => offset)).toEqual(records.map((_, index) => 1_000 + index));
        expect(slice?.nextOffset).toBe(1_000 + records.length);
      }),
      { numRuns: 50 },
    );
  });

  it('joins small batches and cuts large ones at the limits, and says where to read on', async () => {
    const batches = [await batch(values('a', 'b', 'c', 'd', 'e')), await batch(values('f'), { baseOffset: 5 })];
    const slices = await read(batches, { limits: { rows: () => 4, bytes: 1e9 } });
    expect(slices.map(({ records, nextOffset }) => [records.length, nextOffset])).toEqual([
      [4, 4],
      [2, 6],
    ]);
    const narrow = await read(batches, { limits: { rows: () => 100, bytes: 14 } }); // Seven bytes each.
    expect(narrow.map(({ records }) => records.length)).toEqual([2, 2, 2]);
  });

  it('can be cut, and each part says where to read on: behind offsets without a record, too', async () => {
    const batches = [
      await batch(values('a', 'b')),
      await batch(values('c', 'long'), { baseOffset: 5 }),
      await end(1n, 7),
    ];

    for await (const slice of recordSlices(fetched(Buffer.concat(batches), 0, []), NO_LIMIT)) {
      const parts = [partOf(slice, 0, 2), partOf(slice, 2, 9)];
      expect(parts.map(({ values, nextOffset }) => [values.map(String), nextOffset])).toEqual([
        [['a', 'b'], 5],
        [['c', 'long'], 8],
      ]);
      expect(parts[1]?.record(1)).toEqual(slice.record(3));
    }
    expect.assertions(2);
  });

  it('drops what lies before the offset, since a broker returns whole batches', async () => {
    expect(texts(await read([await batch(values('a', 'b', 'c'))], { from: 2 }))).toEqual(['c']);
  });

  it('leaves an incomplete last batch to the next fetch', async () => {
    const whole = await batch(values('a'));
    const cut = (await batch(values('b'), { baseOffset: 1 })).subarray(0, -1);
    expect(texts(await read([whole, cut]))).toEqual(['a']);
    expect(endOfRecords(fetched(Buffer.concat([whole, cut])))).toBe(1);
  });

  it('leaves out aborted transactions, in whatever order the broker lists them', async () => {
    const batches = [
      await batch(values('aborted 1'), { producerId: 1n, baseOffset: 0 }),
      await batch(values('committed 3'), { producerId: 3n, baseOffset: 1 }),
      await batch(values('aborted 2'), { producerId: 2n, baseOffset: 2 }),
      await end(2n, 3),
      await batch(values('still aborted 1'), { producerId: 1n, baseOffset: 4 }),
      await end(1n, 5),
      await batch(values('committed 1'), { producerId: 1n, baseOffset: 6 }),
      await end(3n, 7),
    ];
    // In a broker's order: by the end of the transactions, not by their start.
    const aborted = [
      { producerId: 2n, firstOffset: 2 },
      { producerId: 1n, firstOffset: 0 },
    ];
    const slices = await read(batches, { aborted });
    expect(texts(slices)).toEqual(['committed 3', 'committed 1']);
    expect(slices.at(-1)?.nextOffset).toBe(8);
  });

  it('gives what a producer committed behind the marker of its abort, where the read begins at the marker', async () => {
    const batches = [
      await end(1n, 12),
      await batch(values('committed'), { producerId: 1n, baseOffset: 13 }),
      await end(1n, 14),
    ];
    // A broker lists every aborted transaction whose marker is not before the offset of the read.
    const aborted = [{ producerId: 1n, firstOffset: 10 }];
    expect(texts(await read(batches, { from: 12, aborted }))).toEqual(['committed']);
    expect(countRecords(fetched(Buffer.concat(batches), 12, aborted), 15)).toBe(1);
  });

  it('moves on over control records alone', async () => {
    expect(await read([await end(1n, 41)], { from: 41 })).toEqual([{ records: [], nextOffset: 42 }]);
  });

  it('names a batch whose bytes are not those of its checksum, and reads nothing of it', async () => {
    const good = await batch(values('a', 'b'), { baseOffset: 7 });
    const bad = await batch(values('c', 'd'), { baseOffset: 9 });
    const bits = fc.record({ at: fc.integer({ min: 17, max: bad.length - 1 }), bit: fc.integer({ min: 0, max: 7 }) });
    await fc.assert(
      fc.asyncProperty(bits, async ({ at, bit }) => {
        const flipped = Buffer.from(bad);
        flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << bit), at);
        const source = fetched(Buffer.concat([good, flipped]), 7);
        const found: number[] = [];
        const reading = async (): Promise<void> => {
          for await (const slice of recordSlices(source, { ...NO_LIMIT, rows: () => 2 })) found.push(slice.nextOffset);
        };
        const message = /KAFKA_REFUSED: .*events\/3 at offset 9 has a wrong checksum/;
        await expect(reading()).rejects.toThrow(message);
        expect(found).toEqual([9]);
        expect(() => countRecords(source, 11)).toThrow(message);
      }),
    );
  });

  it('gives the records before a batch that cannot be read, and then names it', async () => {
    const good = await batch(values('a', 'b'), { baseOffset: 7 });
    const wrong = await batch(values('c'), { baseOffset: 9 });
    const short = Buffer.from(wrong);
    short.writeInt32BE(48, 8);
    const flipped = Buffer.from(wrong);
    flipped.writeUInt8(flipped.readUInt8(60) ^ 1, 60);
    for (const bad of [short, flipped]) {
      const source = fetched(Buffer.concat([good, bad]), 7);
      const found: [rows: number, nextOffset: number][] = [];
      const reading = async (): Promise<void> => {
        for await (const { values: some, nextOffset } of recordSlices(source, NO_LIMIT))
          found.push([some.length, nextOffset]);
      };
      await expect(reading()).rejects.toThrow(/KAFKA_REFUSED: .*events\/3 at offset 9/);
      expect(found).toEqual([[2, 9]]);
    }
    expect(endOfRecords(fetched(Buffer.concat([good, short]), 7))).toBe(9);
  });

  it('takes a first batch that is larger than its fetch for a damaged one: a broker gives it whole', async () => {
    const cut = (await batch(values('a'), { baseOffset: 9 })).subarray(0, -1);
    expect(() => endOfRecords(fetched(cut, 9))).toThrow(/events\/3 at offset 9 has damaged content/);
    const good = await batch(values('a'), { baseOffset: 9 });
    expect(endOfRecords(fetched(Buffer.concat([good, cut]), 9))).toBe(10);
  });

  it('does not take a batch for one that ends before its own head', async () => {
    for (const length of [-12, 0, 48]) {
      const wrong = await batch(values('a'), { baseOffset: 9 });
      wrong.writeInt32BE(length, 8);
      const source = fetched(wrong, 9);
      expect(() => endOfRecords(source)).toThrow(/KAFKA_REFUSED: .*events\/3 at offset 9 has damaged content/);
    }
  });

  it.each([
    ['a codec that Kafka does not have', 5, /KAFKA_REFUSED: .*events\/3 at offset 0 has unknown compression 5/],
    ['content that is not what its codec says', 2, /KAFKA_REFUSED: .*events\/3 at offset 0 has damaged content/],
  ])('says so for %s', async (_, codec, message) => {
    const wrong = await batch(values('a'));
    wrong.writeInt16BE(codec, 21);
    await expect(read([sealed(wrong)])).rejects.toThrow(message);
  });
});
