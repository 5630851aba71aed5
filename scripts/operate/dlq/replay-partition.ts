import { type DeadLetter, parseDeadLetter } from '../../../activities/speed/dead-letter';
import {
  endOfRecords,
  type KafkaOptions,
  PartitionSession,
  recordSlices,
  type RecordSlice,
} from '../../../clients/kafka';
import { deadLetterTopicOf, type Pipeline } from '../../../domain/pipeline';
import { replayGroupOf, transactionalIdOf } from '../../../domain/speed-shard';
import { markedOffsets, markedRanges, type OffsetRange, replayMarker } from './replay-marker';
import { replayedMessage } from './replayed-message';
import type { Selection } from './selection';

export interface PartitionReplay {
  readonly kafka: KafkaOptions;
  readonly pipeline: Pipeline;
  readonly partition: number;
  /** Of the dead-letter topic: what comes from here on is left to the next replay. */
  readonly high: number;
  /** See replayIdOf. */
  readonly run: string;
  readonly select: Selection;
  /** Called with the letters of a transaction once it is committed. */
  readonly onSent: (letters: readonly DeadLetter[]) => Promise<void>;
}

/** What was not sent: `truncated` never can be, `notSelected` stays pending. */
export interface LeftOut {
  readonly truncated: number;
  readonly notSelected: number;
}

const FETCH = { maxWaitMs: 200, minBytes: 1, maxBytes: 2 ** 18 };
const SLICE = { rows: () => 1_000, bytes: 2 ** 20 };

/**
 * Sends the selected letters of a partition that are pending. Each transaction holds the letters, a marker of their offsets and
 * how far all are dealt with, so that whoever goes on after a kill, with whatever selection, sends none twice.
 */
export async function replayPartition(options: PartitionReplay): Promise<LeftOut> {
  const { kafka, pipeline, partition, high, run, select, onSent } = options;
  const topic = deadLetterTopicOf(pipeline);
  const session = await PartitionSession.open(kafka, {
    topic,
    partition,
    group: replayGroupOf(pipeline.name),
    transactionalId: transactionalIdOf(pipeline.name, topic, partition),
    outputs: [pipeline.kafka.topic, topic],
  });
  let [truncated, notSelected] = [0, 0];
  try {
    let { offset } = session.start;
    // Where all before it is dealt with; it stays before the first letter that is not selected.
    let dealtWith = offset;
    // Only now: with the session open, no other replay writes to the partition any more.
    const marked = await markedOffsets(kafka, topic, [{ partition, low: offset, high }]);
    const replayed = marked.get(partition) ?? new Set();
    while (offset < high) {
      const fetched = await session.fetch({ offset, ...FETCH });
      const next = fetched && endOfRecords(fetched);
      if (fetched === undefined || next === undefined) break;
      for await (const slice of recordSlices(fetched, SLICE)) {
        const pending = lettersOf(slice, partition).filter((one) => one.offset < high && !replayed.has(one.offset));
        const { selected, firstLeft, ranges } = separate(pending, select);
        const whole = selected.filter(({ truncatedFrom }) => truncatedFrom === undefined);
        if (notSelected === 0) dealtWith = firstLeft ?? Math.min(slice.nextOffset, high);
        await session.commit(
          new Map([
            [pipeline.kafka.topic, whole.map((letter) => replayedMessage(letter, run))],
            [topic, ranges.length === 0 ? [] : [replayMarker(partition, ranges)]],
          ]),
          dealtWith,
        );
        await onSent(whole);
        truncated += selected.length - whole.length;
        notSelected += pending.length - selected.length;
      }
      offset = next;
    }
  } finally {
    await session.close();
  }
  return { truncated, notSelected };
}

function lettersOf(slice: RecordSlice, partition: number): DeadLetter[] {
  return [...slice.values.keys()]
    .map((index) => slice.record(index))
    .filter((record) => markedRanges(record) === undefined)
    .map((record) => parseDeadLetter(partition, record));
}

interface Separated {
  readonly selected: readonly DeadLetter[];
  /** The offset of the first that is not selected. */
  readonly firstLeft: number | undefined;
  /** Hold the selected ones, and none that is not. */
  readonly ranges: readonly OffsetRange[];
}

function separate(pending: readonly DeadLetter[], select: Selection): Separated {
  const selected: DeadLetter[] = [];
  const ranges: OffsetRange[] = [];
  let firstLeft: number | undefined;
  let open: OffsetRange | undefined;
  for (const letter of pending) {
    if (!select(letter)) {
      firstLeft ??= letter.offset;
      open = undefined;
      continue;
    }
    selected.push(letter);
    if (open !== undefined) ranges.pop();
    open = { first: open?.first ?? letter.offset, last: letter.offset };
    ranges.push(open);
  }
  return { selected, firstLeft, ranges };
}
