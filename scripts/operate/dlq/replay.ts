import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DeadLetter } from '../../../activities/speed/dead-letter';
import { isEmptyBetween, type KafkaOptions, KafkaTopics, type PartitionOffsets } from '../../../clients/kafka';
import { asDaybreakError, type DaybreakError } from '../../../domain/errors';
import { deadLetterTopicOf, type Pipeline } from '../../../domain/pipeline';
import { speedGroupOf } from '../../../domain/speed-shard';
import { openEventTimes } from '../../../engines/rule/event-times';
import { lettersBetween } from './dead-letters';
import { UNTIL_TRANSACTIONS_END } from './replay-marker';
import { type LargeLetter, replayPartition } from './replay-partition';
import { replayIdOf, replayOf } from './replayed-message';
import type { Selection } from './selection';

export interface Replay {
  /** Letters that were sent to the pipeline's topic again, exactly once each. */
  readonly replayed: number;
  readonly byCode: Readonly<Record<string, number>>;
  /** Letters that were left out because only their beginning was kept. */
  readonly truncated: number;
  /** Pending letters that the selection leaves for later. */
  readonly notSelected: number;
  /** Pending letters that the broker refuses as too large. */
  readonly tooLarge: readonly LargeLetter[];
  /** False if the speed layer did not read all of them within the time limit, or if nobody waited for it. */
  readonly settled: boolean;
  /** What ended the replay after letters were sent. The other fields then say what was done until then. */
  readonly failure?: DaybreakError;
  /** The letters that became dead letters again. */
  readonly failed: readonly DeadLetter[];
  /** The event times of the other letters; undefined for a time that cannot be read. */
  readonly times: readonly (Date | undefined)[];
}

const POLL_MS = 250;
/**
 * Up to this many unread offsets are searched for records. More offsets mean unread records, whatever they hold.
 */
const MOST_SEARCHED = 1_000;

/**
 * Sends the selected dead letters that were not replayed yet to the pipeline's topic. Then waits until the speed layer
 * has read them, to find which failed again. After a replay was stopped, the next one goes on from there: each dead
 * letter is sent once. Throws what ends it before it has sent anything; see `failure` for later.
 *
 * @param waitSeconds 0 only sends.
 * @param select Default: all.
 */
export async function replayDeadLetters(
  kafka: KafkaOptions,
  pipeline: Pipeline,
  waitSeconds: number,
  select: Selection = () => true,
): Promise<Replay> {
  const deadLetterTopic = deadLetterTopicOf(pipeline);
  const topics = await KafkaTopics.connect(kafka);
  const eventTimes = await openEventTimes(pipeline);
  try {
    const isThere = (await topics.partitionsOf(deadLetterTopic)) > 0;
    const spans = isThere ? await topics.offsetsOf(deadLetterTopic) : [];
    const run = randomUUID();
    const sent = new Map<string, Date | undefined>();
    const byCode: Record<string, number> = {};
    const onSent = async (letters: readonly DeadLetter[]): Promise<void> => {
      const times = await eventTimes.of(letters.map(({ value }) => value));
      for (const [index, letter] of letters.entries()) {
        sent.set(replayIdOf(letter, run), times[index]);
        byCode[letter.code] = (byCode[letter.code] ?? 0) + 1;
      }
    };
    let [truncated, notSelected] = [0, 0];
    const tooLarge: LargeLetter[] = [];
    let settled = false;
    let failed: readonly DeadLetter[] = [];
    let failure: DaybreakError | undefined;
    try {
      for (const { partition, high } of spans) {
        const left = await replayPartition({ kafka, pipeline, partition, high, run, select, onSent });
        truncated += left.truncated;
        notSelected += left.notSelected;
        tooLarge.push(...left.tooLarge);
      }
      const isAwaited = sent.size > 0 && waitSeconds > 0;
      settled = sent.size === 0 || (isAwaited && (await isRead(topics, kafka, pipeline, waitSeconds)));
      if (isAwaited) failed = await failedAgain(kafka, pipeline, spans, sent);
    } catch (thrown) {
      if (sent.size === 0) throw thrown;
      [failure, settled] = [asDaybreakError(thrown), false];
    }
    const replayed = sent.size;
    for (const letter of failed) sent.delete(replayOf(letter) ?? '');
    const left = { truncated, notSelected, tooLarge };
    return { replayed, byCode, ...left, settled, failed, times: [...sent.values()], ...(failure && { failure }) };
  } finally {
    eventTimes.close();
    await topics.close();
  }
}

/** The dead letters behind the spans that are results of what was sent. */
async function failedAgain(
  kafka: KafkaOptions,
  pipeline: Pipeline,
  spans: readonly PartitionOffsets[],
  sent: ReadonlyMap<string, unknown>,
): Promise<DeadLetter[]> {
  const fresh = spans.map(({ partition, high }) => ({ partition, low: high, high: Infinity }));
  const failed: DeadLetter[] = [];
  for await (const letter of lettersBetween(kafka, pipeline, fresh, UNTIL_TRANSACTIONS_END)) {
    const id = replayOf(letter);
    if (id !== undefined && sent.has(id)) failed.push(letter);
  }
  return failed;
}

/** Whether the speed layer commits, within the time limit, what its topic holds when this is called. */
async function isRead(
  topics: KafkaTopics,
  kafka: KafkaOptions,
  { name, kafka: { topic } }: Pipeline,
  seconds: number,
): Promise<boolean> {
  const ends = await topics.offsetsOf(topic);
  const deadline = performance.now() + seconds * 1000;
  for (;;) {
    const committed = await topics.committedOffsets(speedGroupOf(name), topic);
    const unread = ends
      .map((span) => ({ ...span, low: Math.max(span.low, committed.get(span.partition) ?? 0) }))
      .filter(({ low, high }) => low < high);
    const offsets = unread.reduce((sum, { low, high }) => sum + high - low, 0);
    // Ends of transactions take offsets too. Nobody commits these before the next record comes.
    if (offsets <= MOST_SEARCHED && (await isEmptyBetween(kafka, topic, unread))) return true;
    if (performance.now() >= deadline) return false;
    await sleep(POLL_MS);
  }
}
