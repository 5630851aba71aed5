import { encodeTopicPartitions, NO_TAGS } from './compact';
import { leaderOf } from './leader-of';
import { type Broker, type Cluster, createErrorFromCode, type Decoder, Encoder, knows, send } from './transport';

/** Brokers from 2.8 on know it. It needs the right to read the topics. */
const DESCRIBE_PRODUCERS = { apiKey: 61, apiVersion: 0, apiName: 'DescribeProducers' };
const TOPIC_AUTHORIZATION_FAILED = 29;

/**
 * Whether a partition of these topics holds records of the producer that no marker has committed or aborted. Brokers
 * that do not know the request, and topics that this client may not read, count as without such records. Throws
 * kafkajs's errors.
 */
export async function hasOpenRecords(
  cluster: Cluster,
  topics: readonly string[],
  producerId: bigint,
): Promise<boolean> {
  const byLeader = new Map<Broker, Map<string, number[]>>();
  for (const topic of topics) {
    for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
      const leader = await leaderOf(cluster, topic, partitionId);
      const ofLeader = byLeader.get(leader) ?? new Map<string, number[]>();
      byLeader.set(leader, ofLeader.set(topic, [...(ofLeader.get(topic) ?? []), partitionId]));
    }
  }
  const open = await Promise.all(
    [...byLeader]
      .filter(([leader]) => knows(leader, DESCRIBE_PRODUCERS))
      .map(([leader, partitions]) => send(leader, DESCRIBE_PRODUCERS, encode(partitions), decode)),
  );
  return open.some((producerIds) => producerIds.includes(producerId));
}

function encode(partitions: ReadonlyMap<string, readonly number[]>): Encoder {
  return new Encoder()
    .writeUVarInt(NO_TAGS) // of the header
    .writeUVarIntArray(encodeTopicPartitions(partitions))
    .writeUVarInt(NO_TAGS);
}

/** The producers with an open transaction in one of the partitions. */
function decode(decoder: Decoder): readonly bigint[] {
  decoder.readTaggedFields(); // of the header
  decoder.readInt32(); // throttle time
  const topics = decoder.readUVarIntArray((topic) => {
    topic.readUVarIntString();
    const producers = topic.readUVarIntArray(decodePartition) ?? [];
    topic.readTaggedFields();
    return producers.flat();
  });
  return topics?.flat() ?? [];
}

function decodePartition(decoder: Decoder): readonly bigint[] {
  decoder.readInt32(); // partition
  const errorCode = decoder.readInt16();
  decoder.readUVarIntString(); // the error's message
  const producers = decoder.readUVarIntArray(decodeProducer) ?? [];
  decoder.readTaggedFields();
  if (errorCode !== 0 && errorCode !== TOPIC_AUTHORIZATION_FAILED) throw createErrorFromCode(errorCode);
  return producers.flatMap(({ producerId, isOpen }) => (isOpen ? [producerId] : []));
}

function decodeProducer(decoder: Decoder): { producerId: bigint; isOpen: boolean } {
  const producerId = decoder.readInt64();
  for (let field = 0; field < 2; field++) decoder.readInt32(); // epoch, last sequence
  decoder.readInt64(); // last timestamp
  decoder.readInt32(); // the coordinator's epoch
  const start = decoder.readInt64();
  decoder.readTaggedFields();
  return { producerId, isOpen: start >= 0n };
}
