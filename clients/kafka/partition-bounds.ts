import { leaderOf } from './leader-of';
import type { Broker, Cluster } from './transport';

/** The offsets of a partition's first record and after its last one, committed or not. */
export interface PartitionBounds {
  readonly low: number;
  readonly high: number;
}

/** Throws kafkajs's errors. */
export async function boundsOf(
  cluster: Cluster,
  { topic, partition }: { readonly topic: string; readonly partition: number },
): Promise<PartitionBounds> {
  const leader = await leaderOf(cluster, topic, partition);
  const [low, high] = await Promise.all([EARLIEST, LATEST].map((at) => offsetAt(leader, topic, partition, at)));
  if (low === undefined || high === undefined) throw new RangeError('the answer to ListOffsets holds no offset');
  return { low, high };
}

const EARLIEST = -2;
const LATEST = -1;

async function offsetAt(leader: Broker, topic: string, partition: number, timestamp: number): Promise<number> {
  const { responses } = await leader.listOffsets({
    isolationLevel: 0,
    topics: [{ topic, partitions: [{ partition, timestamp }] }],
  });
  return Number(responses[0]?.partitions[0]?.offset);
}
