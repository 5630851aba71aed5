import { Encoder } from './transport';

/** Requests in Kafka's compact encoding end their header, their body and each of their structures with tagged fields. */
export const NO_TAGS = 0;

/** The elements of an array of topics, each with an array of its partitions. */
export function encodeTopicPartitions(topics: ReadonlyMap<string, readonly number[]>): Encoder[] {
  return [...topics].map(([topic, partitions]) =>
    new Encoder()
      .writeUVarIntString(topic)
      .writeUVarIntArray(partitions.map((partition) => new Encoder().writeInt32(partition)))
      .writeUVarInt(NO_TAGS),
  );
}
