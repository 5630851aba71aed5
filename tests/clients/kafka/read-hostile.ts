// A process that reads hostile batches, with the heap of a worker. hostile-batches.test.ts forks it and gets the
// result.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { deadLetterOf } from '../../../activities/speed/dead-letter';
import { recordSize } from '../../../clients/kafka/record-batch';
import { recordSlices } from '../../../clients/kafka/record-slices';
import { fetched, headersBomb, largeRecord, manyRecords, zstdBomb } from './hostile-batches';

export interface ReadRecord {
  readonly offset: number;
  readonly valueBytes: number | undefined;
  readonly isOversized: boolean;
  readonly truncatedFrom: number | undefined;
  readonly headersLeftOut: number | undefined;
  readonly letterBytes: number;
}

export interface Outcome {
  readonly records: number;
  /** The first three records. */
  readonly first: readonly ReadRecord[];
  readonly nextOffset: number;
  readonly peakMebibytes: number;
  readonly longestBlockMs: number;
}

const BATCHES = {
  'zstd bomb': zstdBomb,
  'headers bomb': headersBomb,
  'many records': manyRecords,
  'large in gzip': () => largeRecord('gzip'),
  'large in snappy': () => largeRecord('snappy'),
  'large in lz4': () => largeRecord('lz4'),
} as const;
export type BatchName = keyof typeof BATCHES;

process.once('message', (name) => void read(BATCHES[name as BatchName])); // The parent sends nothing else.

async function read(make: () => Promise<Buffer>): Promise<void> {
  const batch = await make();
  const atStart = process.resourceUsage().maxRSS;
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  let [records, nextOffset] = [0, 0];
  const first: ReadRecord[] = [];
  const limits = { rows: () => 10_000, bytes: 4 * 2 ** 20, valueBytes: () => 2 ** 20 };
  for await (const slice of recordSlices(fetched(batch), limits)) {
    for (const index of slice.values.keys()) {
      if (first.length === 3) break;
      const record = slice.record(index);
      const { offset, truncatedFrom, headersLeftOut } = record;
      const letter = deadLetterOf({ topic: 'events', partition: 0 }, record, 'BAD_RECORD', 'too large');
      first.push({
        offset,
        valueBytes: record.value?.length,
        isOversized: slice.oversized.has(index),
        truncatedFrom,
        headersLeftOut,
        letterBytes: recordSize(letter),
      });
    }
    records += slice.values.length;
    nextOffset = slice.nextOffset;
  }
  await new Promise((resolve) => setTimeout(resolve, 50)); // The delay is measured in the next iteration of the event loop.
  const peakMebibytes = (process.resourceUsage().maxRSS - atStart) / 1024;
  const outcome: Outcome = { records, first, nextOffset, peakMebibytes, longestBlockMs: delay.max / 1e6 };
  process.send?.(outcome);
  process.disconnect();
}
