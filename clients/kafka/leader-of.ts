import type { Broker, Cluster } from './transport';

/** The broker that leads the partition according to the metadata. */
export async function leaderOf(cluster: Cluster, topic: string, partition: number): Promise<Broker> {
  const found = cluster.findTopicPartitionMetadata(topic).find(({ partitionId }) => partitionId === partition);
  if (found === undefined) throw new RangeError(`topic ${topic} has no partition ${partition}`);
  return await cluster.findBroker({ nodeId: found.leader });
}
