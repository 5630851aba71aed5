import { DaybreakError } from '../../domain/errors';
import { clusterOf } from './connection';
import { kafkaError } from './errors';
import { fetchRecords, type FetchedRecords } from './fetch';
import { endOfRecords } from './fetched-batches';
import { leaderOf } from './leader-of';
import type { KafkaOptions } from './options';
import { countRecords, type KafkaRecord, recordSlices } from './record-slices';
import type { PartitionOffsets } from './topics';

const FETCH = { maxWaitMs: 200, minBytes: 1, maxBytes: 2 ** 20 };
const SLICE = { rows: () => 1_000, bytes: 2 ** 20 };

export interface ReadOptions {
  /**
   * How long to wait for an open transaction, in milliseconds, since nobody reads past it. After that the read throws
   * KAFKA_UNREACHABLE. Default: no wait, and the partition ends before the transaction.
   */
  readonly openTransactionMs?: number;
}

/**
 * The committed records of a topic, partition by partition, between the given offsets: from `low` to below `high`, or
 * to the partition's end at the time its read begins. Throws KAFKA_UNREACHABLE or KAFKA_REFUSED.
 */
export async function* readTopic(
  kafka: KafkaOptions,
  topic: string,
  spans: readonly PartitionOffsets[],
  options: ReadOptions = {},
): AsyncGenerator<{ readonly partition: number; readonly record: KafkaRecord }> {
  for await (const fetched of fetches(kafka, topic, spans, options)) {
    const { partition, end } = fetched;
    for await (const slice of recordSlices(fetched, SLICE)) {
      for (const index of slice.values.keys()) {
        const record = slice.record(index);
        if (record.offset < end) yield { partition, record };
      }
    }
  }
}

/** The number of records that `readTopic` would give. */
export async function countTopic(
  kafka: KafkaOptions,
  topic: string,
  spans: readonly PartitionOffsets[],
): Promise<number> {
  let count = 0;
  for await (const fetched of fetches(kafka, topic, spans, {})) count += countRecords(fetched, fetched.end);
  return count;
}

/**
 * Whether a topic has no committed record between the offsets, and will have none: nothing there is hidden by an open
 * transaction.
 */
export async function isEmptyBetween(
  kafka: KafkaOptions,
  topic: string,
  spans: readonly PartitionOffsets[],
): Promise<boolean> {
  let isHidden = false;
  const onHidden = (): void => {
    isHidden = true;
  };
  for await (const fetched of fetches(kafka, topic, spans, { onHidden })) {
    if (countRecords(fetched, fetched.end) > 0) return false;
  }
  return !isHidden;
}

interface FetchesOptions extends ReadOptions {
  /** Called where a partition ends before the offset that was asked for, since the broker gives no more of it. */
  readonly onHidden?: () => void;
}

interface Fetched extends FetchedRecords {
  /** The offset at which the read of the partition ends. */
  readonly end: number;
}

async function* fetches(
  kafka: KafkaOptions,
  topic: string,
  spans: readonly PartitionOffsets[],
  { openTransactionMs = 0, onHidden }: FetchesOptions,
): AsyncGenerator<Fetched> {
  const cluster = clusterOf(kafka);
  try {
    await cluster.connect();
    await cluster.addMultipleTargetTopics([topic]);
    for (const { partition, low, high } of spans) {
      let [offset, end] = [low, high];
      let deadline = performance.now() + openTransactionMs;
      while (offset < end) {
        const leader = await leaderOf(cluster, topic, partition);
        const fetched = await fetchRecords(leader, { topic, partition, offset, ...FETCH });
        end = Math.min(end, fetched.highWatermark);
        const next = endOfRecords(fetched);
        if (next !== undefined) {
          yield { ...fetched, end };
          offset = next;
          deadline = performance.now() + openTransactionMs;
        } else if (offset < end) {
          if (openTransactionMs === 0) {
            onHidden?.();
            break;
          }
          if (performance.now() > deadline) throw stillOpen(`${topic}/${partition}`, offset);
        }
      }
    }
  } catch (thrown) {
    throw kafkaError(thrown, `reading ${topic}`, kafka.brokers);
  } finally {
    await cluster.disconnect();
  }
}

function stillOpen(place: string, offset: number): DaybreakError {
  return new DaybreakError('KAFKA_UNREACHABLE', {
    what: `a transaction is open in ${place} at offset ${offset}, and nobody reads past it`,
    remedy: 'Try again in a minute: Kafka ends the transaction of a writer that is gone.',
  });
}
