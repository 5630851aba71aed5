import { type DeadLetter, parseDeadLetter } from '../../../activities/speed/dead-letter';
import {
  endOfRecords,
  isTooLarge,
  type KafkaOptions,
  PartitionSession,
  type ProducerEpoch,
  recordSize,
  recordSlices,
  type RecordSlice,
  whileNotReady,
} from '../../../clients/kafka';
import { DaybreakError } from '../../../domain/errors';
import { deadLetterTopicOf, type Pipeline } from '../../../domain/pipeline';
import { replayGroupOf, transactionalIdOf } from '../../../domain/speed-shard';
import { Narrowing } from './narrowing';
import { markedOffsets, markedRanges, type OffsetRange, replayMarker, UNTIL_TRANSACTIONS_END } from './replay-marker';
import { replayedMessage } from './replayed-message';
import type { Selection } from './selection';

export interface PartitionReplay {
  readonly kafka: KafkaOptions;
  readonly pipeline: Pipeline;
  readonly partition: number;
  /** An offset of the dead-letter topic. Letters from here on are left to the next replay. */
  readonly high: number;
  /** See replayIdOf. */
  readonly run: string;
  readonly select: Selection;
  /** Called with the letters of a transaction after it is committed. */
  readonly onSent: (letters: readonly DeadLetter[]) => Promise<void>;
}

/** What was not sent. `truncated` letters can never be sent; `notSelected` and `tooLarge` ones stay pending. */
export interface LeftOut {
  readonly truncated: number;
  readonly notSelected: number;
  /** The letters that the broker refuses even alone. */
  readonly tooLarge: readonly LargeLetter[];
}

export interface LargeLetter extends Pick<DeadLetter, 'partition' | 'offset' | 'origin'> {
  /** The size of the message that was refused, before compression. */
  readonly bytes: number;
}

const FETCH = { maxWaitMs: 200, minBytes: 1, maxBytes: 2 ** 18 };
/** How long a broker may give nothing of a partition that has more. */
const { openTransactionMs: LONGEST_STALL } = UNTIL_TRANSACTIONS_END;
const SLICE = { rows: () => 1_000, bytes: 2 ** 20 };

/**
 * Sends the selected letters of a partition that are pending. Each transaction holds the letters, a marker of their
 * offsets, and the offset up to which all letters are done. So a replay that goes on after a kill, with any selection,
 * sends no letter twice. If the broker refuses a transaction as too large, nothing of it counts: its session is closed,
 * and the next one tries fewer letters. Throws KAFKA_UNREACHABLE if the broker gives no more letters although there are.
 */
export async function replayPartition(options: PartitionReplay): Promise<LeftOut> {
  const { kafka, pipeline, partition, high, run, select, onSent } = options;
  const topic = deadLetterTopicOf(pipeline);
  let producer: ProducerEpoch | undefined;
  const open = (): Promise<PartitionSession> => {
    const transactionalId = transactionalIdOf(pipeline.name, topic, partition);
    const outputs = [pipeline.kafka.topic, topic];
    const group = replayGroupOf(pipeline.name);
    // The markers in the topic say what was replayed, also where Kafka has forgotten the offset.
    const session = { topic, partition, group, transactionalId, outputs, mayStartAnew: true };
    // This session is fenced if another replay came between. That replay may have sent some of these letters.
    const own = (owner: ProducerEpoch): void => {
      producer = owner;
    };
    return whileNotReady(() => PartitionSession.open(kafka, session, producer, own));
  };
  let session = await open();
  const writesOf = ({ selected, ranges }: Separated) =>
    new Map([
      [pipeline.kafka.topic, wholeOf(selected).map((letter) => replayedMessage(letter, run))],
      [topic, ranges.length === 0 ? [] : [replayMarker(partition, ranges)]],
    ]);
  /** False if the broker refuses the letters as too large. */
  const isCommitted = async (some: Separated, dealtWith: number): Promise<boolean> => {
    try {
      await session.commit(writesOf(some), dealtWith);
      return true;
    } catch (thrown) {
      if (!isTooLarge(thrown)) throw thrown;
      await session.close();
      session = await open();
      return false;
    }
  };
  let [truncated, notSelected] = [0, 0];
  const tooLarge: LargeLetter[] = [];
  try {
    let { offset } = session.start;
    // The offset of the first letter that stays pending: all letters before it are done.
    let firstLeft: number | undefined;
    // Only now: while the session is open, no other replay writes to the partition.
    const marked = await markedOffsets(kafka, topic, [{ partition, low: offset, high }]);
    const replayed = marked.get(partition) ?? new Set();
    const narrowing = new Narrowing();
    let deadline = performance.now() + LONGEST_STALL;
    while (offset < high) {
      const fetched = await session.fetch({ offset, ...FETCH });
      // The letters are not in the partition any more.
      if (fetched === undefined) break;
      const next = endOfRecords(fetched);
      if (next === undefined) {
        if (performance.now() > deadline) throw stalled(`${topic}/${partition}`, offset);
        continue;
      }
      for await (const slice of recordSlices(fetched, SLICE)) {
        const pending = lettersOf(slice, partition).filter((one) => one.offset < high && !replayed.has(one.offset));
        await narrowing.send(pending, Math.min(slice.nextOffset, high), async (letters, end) => {
          const some = separate(letters, select);
          if (!(await isCommitted(some, firstLeft ?? some.firstLeft ?? end))) {
            const [only, ...others] = letters;
            if (only === undefined || others.length > 0) return false;
            firstLeft ??= only.offset;
            tooLarge.push({ ...only, bytes: recordSize(replayedMessage(only, run)) });
            return false;
          }
          const whole = wholeOf(some.selected);
          firstLeft ??= some.firstLeft;
          await onSent(whole);
          truncated += some.selected.length - whole.length;
          notSelected += letters.length - some.selected.length;
          return true;
        });
      }
      offset = next;
      deadline = performance.now() + LONGEST_STALL;
    }
  } finally {
    await session.close();
  }
  return { truncated, notSelected, tooLarge };
}

function stalled(place: string, offset: number): DaybreakError {
  return new DaybreakError('KAFKA_UNREACHABLE', {
    what: `Kafka gave nothing of ${place} from offset ${offset} on within ${LONGEST_STALL / 1_000} s, although there is more`,
    remedy: 'Try again in a minute; if it stays so, see whether its broker is slow or has a quota for this client.',
  });
}

/** The letters that can be sent: those that are not truncated. */
function wholeOf(letters: readonly DeadLetter[]): DeadLetter[] {
  return letters.filter(({ truncatedFrom }) => truncatedFrom === undefined);
}

function lettersOf(slice: RecordSlice, partition: number): DeadLetter[] {
  return [...slice.values.keys()]
    .map((index) => slice.record(index))
    .filter((record) => markedRanges(record) === undefined)
    .map((record) => parseDeadLetter(partition, record));
}

interface Separated {
  readonly selected: readonly DeadLetter[];
  /** The offset of the first letter that is not selected. */
  readonly firstLeft: number | undefined;
  /** They hold the selected letters and no other. */
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
