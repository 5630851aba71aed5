import { clusterOf } from './connection';
import { kafkaError } from './errors';
import { fetchRecords } from './fetch';
import { leaderOf } from './leader-of';
import type { KafkaOptions } from './options';
import { endOfRecords, type KafkaRecord, recordSlices } from './record-slices';
import type { PartitionOffsets } from './topics';

const FETCH = { maxWaitMs: 200, minBytes: 1, maxBytes: 2 ** 20 };
const SLICE = { rows: () => 1_000, bytes: 2 ** 20 };

/**
 * The committed records of a topic, partition by partition, between the given offsets: `low` up to below `high`. Ends a partition
 * earlier where a transaction is open. Throws KAFKA_UNREACHABLE or KAFKA_REFUSED.
 */
export async function* readTopic(
  kafka: KafkaOptions,
  topic: string,
  spans: readonly PartitionOffsets[],
): AsyncGenerator<{ readonly partition: number; readonly record: KafkaRecord }> {
  const cluster = clusterOf(kafka);
  try {
    await cluster.connect();
    await cluster.addMultipleTargetTopics([topic]);
    for (const { partition, low, high } of spans) {
      let offset = low;
      while (offset < high) {
        const leader = await leaderOf(cluster, topic, partition);
        const fetched = await fetchRecords(leader, { topic, partition, offset, ...FETCH });
        const next = endOfRecords(fetched.recordSet);
        if (next === undefined) break;
        for await (const slice of recordSlices(fetched.recordSet, offset, fetched.abortedTransactions, SLICE)) {
          for (const index of slice.values.keys()) {
            const record = slice.record(index);
            if (record.offset < high) yield { partition, record };
          }
        }
        offset = next;
      }
    }
  } catch (thrown) {
    throw kafkaError(thrown, `reading ${topic}`, kafka.brokers);
  } finally {
    await cluster.disconnect();
  }
}
