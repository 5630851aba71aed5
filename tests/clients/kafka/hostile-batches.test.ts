import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { recordSlices } from '../../../clients/kafka/record-slices';
import { batchOf, type Codec, compressed, fetched, recordOf, zstdFrame } from './hostile-batches';
import type { BatchName, Outcome } from './read-hostile';

const MEBIBYTE = 2 ** 20;

/** Reads in a process of its own, with the heap of a worker. */
async function read(name: BatchName): Promise<Outcome> {
  const child = fork(join(__dirname, 'read-hostile.ts'), {
    execArgv: ['--import', 'tsx', '--max-old-space-size=2048'],
  });
  child.send(name);
  const [message] = await Promise.race([once(child, 'message'), once(child, 'exit').then(() => [])]);
  if (message === undefined) throw new Error('the process ended without an answer');
  return message as Outcome; // The child sends nothing else.
}

describe('a worker that reads hostile batches', () => {
  it.each([
    ['zstd bomb', 900],
    ['large in gzip', 50],
    ['large in lz4', 50],
    ['large in snappy', 50],
  ] as const)('keeps the beginning of a record that is too large, and reads on: %s', async (name, mebibytes) => {
    const { first, nextOffset, peakMebibytes, longestBlockMs } = await read(name);
    expect(first).toMatchObject([
      { offset: 0, valueBytes: 2, isOversized: false },
      { offset: 1, valueBytes: 65_536, isOversized: true, truncatedFrom: mebibytes * MEBIBYTE },
      { offset: 2, valueBytes: 2, isOversized: false },
    ]);
    expect(nextOffset).toBe(3);
    expect(first.every(({ letterBytes }) => letterBytes < MEBIBYTE)).toBe(true);
    expect(peakMebibytes).toBeLessThan(400);
    expect(longestBlockMs).toBeLessThan(2_000);
  });

  it('passes over headers without end, and keeps the value', async () => {
    const { first, nextOffset, peakMebibytes, longestBlockMs } = await read('headers bomb');
    expect(first[1]).toMatchObject({ valueBytes: 2, isOversized: false, truncatedFrom: 2 });
    expect(first[1]?.headersLeftOut).toBeGreaterThan(16_000_000);
    expect(nextOffset).toBe(3);
    expect(peakMebibytes).toBeLessThan(400);
    expect(longestBlockMs).toBeLessThan(2_000);
  });

  it('gives millions of empty records in slices', async () => {
    const { records, nextOffset, peakMebibytes, longestBlockMs } = await read('many records');
    expect(records).toBe(2_000_000);
    expect(nextOffset).toBe(2_000_000);
    expect(peakMebibytes).toBeLessThan(400);
    expect(longestBlockMs).toBeLessThan(2_000);
  });
});

describe('a record that is shorter than any can be', () => {
  it.each([0, 5])('is damage, not a record: %s bytes', async (length) => {
    const record = Buffer.concat([Buffer.from([2 * length]), Buffer.alloc(length)]);
    const batch = await batchOf(2, 'none', Buffer.concat([recordOf(0, 2), record, Buffer.alloc(20)]));
    const reading = async (): Promise<void> => {
      for await (const slice of recordSlices(fetched(batch), { rows: () => 10, bytes: MEBIBYTE })) slice.record(0);
    };
    await expect(reading()).rejects.toThrow(/KAFKA_REFUSED: .*events\/3 at offset 0 has damaged content/);
  });
});

describe('a batch that is unpacked piece by piece', () => {
  it.each<Codec>(['gzip', 'lz4', 'zstd'])('gives the records of one that is unpacked at once: %s', async (codec) => {
    const sizes = Array.from({ length: 3_000 }, (_, index) => (index * 7) % 10_007);
    const body = Buffer.concat(sizes.map((size, index) => recordOf(index, size)));
    expect(body.length).toBeGreaterThan(8 * MEBIBYTE);
    const batch = await batchOf(sizes.length, codec, compressed(codec, body));
    const found: number[] = [];
    for await (const slice of recordSlices(fetched(batch), { rows: () => 100, bytes: MEBIBYTE })) {
      for (const index of slice.values.keys()) found.push(slice.record(index).value?.length ?? -1);
    }
    expect(found).toEqual(sizes);
  });

  it('can be left before its end, and lets the next one begin', async () => {
    const payload = zstdFrame([Buffer.concat([recordOf(0, 2), recordOf(1, 2)]), 900]);
    const batch = await batchOf(2, 'zstd', payload);
    for (let round = 0; round < 3; round++) {
      for await (const slice of recordSlices(fetched(batch), { rows: () => 1, bytes: MEBIBYTE })) {
        expect(slice.nextOffset).toBe(1);
        break;
      }
    }
  });

  it.each<Codec>(['gzip', 'snappy', 'lz4', 'zstd'])('says that it is damaged: %s', async (codec) => {
    const payload = compressed(codec, recordOf(0, 100_000));
    for (const bad of [payload.subarray(0, payload.length >> 1), Buffer.alloc(1_000, 0xff)]) {
      const batch = await batchOf(1, codec, bad);
      const reading = async (): Promise<void> => {
        for await (const slice of recordSlices(fetched(batch), { rows: () => 1, bytes: MEBIBYTE })) slice.record(0);
      };
      await expect(reading()).rejects.toThrow(/KAFKA_REFUSED: .*events\/3 at offset 0 has damaged content/);
    }
  });
});

describe('offsets that do not rise', () => {
  const read = async (batch: Buffer): Promise<number[]> => {
    const limits = { rows: () => 1, bytes: 4 * MEBIBYTE };
    const next: number[] = [];
    for await (const slice of recordSlices(fetched(batch), limits)) next.push(slice.nextOffset);
    return next;
  };

  it('are damage, within a batch and from batch to batch: a reader would go back for ever', async () => {
    const back = await batchOf(2, 'none', Buffer.concat([recordOf(1, 5), recordOf(0, 5)]));
    await expect(read(back)).rejects.toThrow('events/3 at offset 0 has damaged content');
    const good = await batchOf(2, 'none', Buffer.concat([recordOf(0, 5), recordOf(1, 5)]));
    expect(await read(good)).toEqual([1, 2]);
    await expect(read(Buffer.concat([good, good]))).rejects.toThrow('damaged content');
  });

  it('are damage beyond the end of their batch', async () => {
    await expect(read(await batchOf(1, 'none', recordOf(7, 5)))).rejects.toThrow('damaged content');
  });

  it('are not looked for in a record whose parts are longer than itself', async () => {
    const record = recordOf(0, 5);
    record[5] = 126; // The length of the value.
    await expect(read(await batchOf(1, 'none', record))).rejects.toThrow('damaged content');
  });
});
