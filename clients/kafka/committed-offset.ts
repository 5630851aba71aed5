import { encodeTopicPartitions, NO_TAGS } from './compact';
import { type Broker, createErrorFromCode, type Decoder, Encoder, send } from './transport';

/** In place of an offset, if nothing was committed. */
export const NONE = -1;

export interface CommittedOffset {
  /** NONE if nothing was committed. */
  readonly offset: number;
  readonly metadata: string | null;
}

/**
 * Version 7 is the first that can ask for stable offsets; kafkajs's own version 4 cannot. Brokers from 2.5 to 4.x know
 * it. It is the first version with compact encodings: header and body end with tagged fields. We send none.
 */
const OFFSET_FETCH = { apiKey: 9, apiVersion: 7, apiName: 'OffsetFetch' };

/**
 * The committed offset of one partition. Throws UNSTABLE_OFFSET_COMMIT while one of its offsets is in a transaction
 * that has not ended. Before Kafka 4 a coordinator reports a transaction as complete before the group's offset shows it
 * (KAFKA-17507). Without this check a new owner could start at the offset before it and write the same rows again.
 */
export function fetchCommittedOffset(
  coordinator: Broker,
  { group, topic, partition }: { readonly group: string; readonly topic: string; readonly partition: number },
): Promise<CommittedOffset> {
  return send(coordinator, OFFSET_FETCH, encode(group, topic, partition), decode);
}

function encode(group: string, topic: string, partition: number): Encoder {
  return new Encoder()
    .writeUVarInt(NO_TAGS) // of the header
    .writeUVarIntString(group)
    .writeUVarIntArray(encodeTopicPartitions(new Map([[topic, [partition]]])))
    .writeBoolean(true) // only stable offsets
    .writeUVarInt(NO_TAGS);
}

function decode(decoder: Decoder): CommittedOffset {
  decoder.readTaggedFields(); // of the header
  decoder.readInt32(); // throttle time
  const [found] =
    decoder
      .readUVarIntArray((topic) => {
        topic.readUVarIntString();
        const partitions = topic.readUVarIntArray(decodePartition);
        topic.readTaggedFields();
        return partitions;
      })
      ?.at(0) ?? [];
  const errorCode = decoder.readInt16() || found?.errorCode;
  if (errorCode) throw createErrorFromCode(errorCode);
  return { offset: found?.offset ?? NONE, metadata: found?.metadata ?? null };
}

function decodePartition(decoder: Decoder): CommittedOffset & { readonly errorCode: number } {
  decoder.readInt32(); // partition
  const offset = Number(decoder.readInt64());
  decoder.readInt32(); // the leader's epoch
  const metadata = decoder.readUVarIntString();
  const errorCode = decoder.readInt16();
  decoder.readTaggedFields();
  return { offset, metadata, errorCode };
}
