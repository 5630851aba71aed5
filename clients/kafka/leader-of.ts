import type { Broker, Cluster } from './transport';
import { withoutLeader } from './without-leader';

/** The broker that leads the partition according to the metadata. Throws LEADER_NOT_AVAILABLE if none does. */
export async function leaderOf(cluster: Cluster, topic: string, partition: number): Promise<Broker> {
  const found = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
  if (found === undefined) throw new RangeError(`topic ${topic} has no partition ${partition}`);
  if (found.leader < 0) throw withoutLeader(topic, partition);
  return await cluster.findBroker({ nodeId: found.leader });
}

/** The partitions of each topic. Throws LEADER_NOT_AVAILABLE if one has no leader according to the metadata. */
export function partitionsWithLeader(cluster: Cluster, topics: readonly string[]): Map<string, number[]> {
  const partitionsOf = (topic: string): number[] =>
    cluster.findTopicPartitionMetadata(topic).map(({ partitionId, leader }) => {
      if (leader < 0) throw withoutLeader(topic, partitionId);
      return partitionId;
    });
  return new Map(topics.map((topic) => [topic, partitionsOf(topic)]));
}
