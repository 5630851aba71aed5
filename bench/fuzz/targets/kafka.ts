import { recordSlices } from '../../../clients/kafka/record-slices';
import { encodeRecordBatch } from '../../../clients/kafka/record-batch';
import {
  batchOf,
  CODECS,
  compressed,
  fetched,
  recordOf,
  sealed,
  type Codec,
} from '../../../tests/clients/kafka/hostile-batches';
import { claim, unlessRefused, type Target } from '../target';

/** The bytes of a fetch. The checksum of its first batch is made right, since no chance would. */
export async function open(): Promise<Target> {
  const producer = { producerId: 1n, producerEpoch: 0, firstSequence: 0 };
  const plain = await encodeRecordBatch(
    [
      { key: Buffer.from('k'), value: Buffer.from('{"id":1}') },
      { key: null, value: null },
    ],
    32,
    producer,
  );
  const records = Buffer.concat([recordOf(0, 5), recordOf(1, 300)]);
  const packed = await Promise.all(
    (Object.keys(CODECS) as Codec[]).map((codec) => batchOf(2, codec, compressed(codec, records))), // Its own keys.
  );
  return {
    seeds: [plain, ...packed, Buffer.concat([plain, ...packed.slice(0, 1)])],
    words: [Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f]), Buffer.from([0x80, 0x80, 0x80, 0x80, 0x08]), Buffer.alloc(8)],
    async read(input) {
      const bytes = input.length > 61 ? withChecksum(input) : input;
      const [one, all] = [await recordsOf(bytes, 1), await recordsOf(bytes, 10_000)];
      claim(one === all, `records depend on the size of the slices: ${one ?? 'refused'} and ${all ?? 'refused'}`);
    },
  };
}

function withChecksum(input: Buffer): Buffer {
  const end = Math.min(input.length, 12 + Math.max(61 - 12, input.readInt32BE(8)));
  sealed(input.subarray(0, end));
  return input;
}

/** The records as text; undefined if the fetch is refused. */
function recordsOf(bytes: Buffer, rows: number): Promise<string | undefined> {
  return unlessRefused(['KAFKA_REFUSED'], async () => {
    let [found, next] = ['', 0];
    const limits = { rows: () => rows, bytes: 4 * 2 ** 20, valueBytes: () => 2 ** 20 };
    for await (const slice of recordSlices(fetched(Buffer.from(bytes)), limits)) {
      claim(slice.nextOffset >= next, `the next offset went back from ${next} to ${slice.nextOffset}`);
      next = slice.nextOffset;
      for (const [index, value] of slice.values.entries()) {
        const { offset, key, headers } = slice.record(index);
        found += `${offset} ${key?.toString('hex') ?? 'null'} ${value?.toString('hex') ?? 'null'} ${headers.length}\n`;
      }
    }
    return found;
  });
}
