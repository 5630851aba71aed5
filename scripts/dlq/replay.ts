import { setTimeout as sleep } from 'node:timers/promises';
import { type DeadLetter, parseDeadLetter } from '../../activities/speed/dead-letter';
import {
  endOfRecords,
  type KafkaOptions,
  KafkaTopics,
  type PartitionOffsets,
  PartitionSession,
  recordSlices,
} from '../../clients/kafka';
import { deadLetterTopicOf, type Pipeline } from '../../domain/pipeline';
import { replayGroupOf, speedGroupOf, transactionalIdOf } from '../../domain/speed';
import { lettersBetween } from './dead-letters';
import { placeOf, replayedMessage, replayOf } from './replayed-message';

export interface Replay {
  /** Sent to the pipeline's topic again, exactly once each. */
  readonly replayed: number;
  /** Left out, since only their beginning was kept. */
  readonly truncated: number;
  /** False where the speed layer did not read all of them within the time. */
  readonly settled: boolean;
  /** Those that became dead letters again. */
  readonly failed: readonly DeadLetter[];
}

const FETCH = { maxWaitMs: 200, minBytes: 1, maxBytes: 2 ** 18 };
const SLICE = { rows: () => 1_000, bytes: 2 ** 20 };
const LOOK_EVERY_MS = 250;

/**
 * Sends the dead letters that were not replayed yet to the pipeline's topic, and waits until the speed layer has read them, to
 * tell which failed again. A replay that is stopped goes on where it was: each dead letter is sent once.
 */
export async function replayDeadLetters(kafka: KafkaOptions, pipeline: Pipeline, waitSeconds: number): Promise<Replay> {
  const deadLetterTopic = deadLetterTopicOf(pipeline);
  const topics = await KafkaTopics.connect(kafka);
  try {
    if ((await topics.partitionsOf(deadLetterTopic)) === 0)
      return { replayed: 0, truncated: 0, settled: true, failed: [] };
    const spans = await topics.offsetsOf(deadLetterTopic);
    const sent = new Set<string>();
    let truncated = 0;
    for (const span of spans) truncated += await replayPartition(kafka, pipeline, span, sent);
    const settled = sent.size === 0 || (await isRead(topics, pipeline, waitSeconds));
    const fresh = (await topics.offsetsOf(deadLetterTopic)).map((now) => ({
      ...now,
      low: highOf(spans, now.partition),
    }));
    const failed: DeadLetter[] = [];
    for await (const letter of lettersBetween(kafka, pipeline, fresh)) {
      const place = replayOf(letter);
      if (place !== undefined && sent.has(place)) failed.push(letter);
    }
    return { replayed: sent.size, truncated, settled, failed };
  } finally {
    await topics.close();
  }
}

/** Returns how many were left out as truncated, and adds the places of the others to `sent`. */
async function replayPartition(
  kafka: KafkaOptions,
  pipeline: Pipeline,
  { partition, high }: PartitionOffsets,
  sent: Set<string>,
): Promise<number> {
  const topic = deadLetterTopicOf(pipeline);
  const session = await PartitionSession.open(kafka, {
    topic,
    partition,
    group: replayGroupOf(pipeline.name),
    transactionalId: transactionalIdOf(pipeline.name, topic, partition),
    outputs: [pipeline.kafka.topic],
  });
  let truncated = 0;
  try {
    let { offset } = session.start;
    while (offset < high) {
      const fetched = await session.fetch({ offset, ...FETCH });
      const next = fetched && endOfRecords(fetched.recordSet);
      if (next === undefined) break;
      for await (const slice of recordSlices(
        fetched?.recordSet ?? Buffer.alloc(0),
        offset,
        fetched?.abortedTransactions ?? [],
        SLICE,
      )) {
        const letters = [...slice.values.keys()]
          .map((index) => parseDeadLetter(partition, slice.record(index)))
          .filter((letter) => letter.offset < high);
        const whole = letters.filter(({ truncatedFrom }) => truncatedFrom === undefined);
        await session.commit(
          new Map([[pipeline.kafka.topic, whole.map(replayedMessage)]]),
          Math.min(slice.nextOffset, high),
        );
        for (const letter of whole) sent.add(placeOf(letter));
        truncated += letters.length - whole.length;
      }
      offset = next;
    }
  } finally {
    await session.close();
  }
  return truncated;
}

function highOf(spans: readonly PartitionOffsets[], partition: number): number {
  return spans.find((span) => span.partition === partition)?.high ?? 0;
}

/** Whether the speed layer commits, within the time, what its topic holds by now. */
async function isRead(topics: KafkaTopics, { name, kafka }: Pipeline, seconds: number): Promise<boolean> {
  const ends = (await topics.offsetsOf(kafka.topic)).filter(({ low, high }) => high > low);
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const committed = await topics.committedOffsets(speedGroupOf(name), kafka.topic);
    // A transaction's end takes an offset too, which nobody commits before the next record comes.
    if (ends.every(({ partition, high }) => (committed.get(partition) ?? 0) >= high - 1)) return true;
    if (Date.now() >= deadline) return false;
    await sleep(LOOK_EVERY_MS);
  }
}
