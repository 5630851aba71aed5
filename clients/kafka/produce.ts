import { type Broker, createErrorFromCode, type Decoder, Encoder, send } from './transport';

export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  /** One record batch. */
  readonly batch: Buffer;
}

/** Version 7 is the last that kafkajs's encoder supports. Brokers from 2.1 to 4.x know it. */
const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: 'Produce' };
const ALL_IN_SYNC = -1;
const TIMEOUT_MS = 15_000;

/** Appends record batches of different partitions, in a transaction. Throws kafkajs's protocol errors. */
export async function produceBatches(
  broker: Broker,
  transactionalId: string,
  batches: readonly PartitionBatch[],
): Promise<void> {
  const errorCodes = await send(broker, PRODUCE, encode(transactionalId, batches), decode);
  const failed = errorCodes.find((code) => code !== 0);
  if (failed !== undefined) throw createErrorFromCode(failed);
}

function encode(transactionalId: string, batches: readonly PartitionBatch[]): Encoder {
  const topics = batches.map(({ topic, partition, batch }) =>
    new Encoder(batch.length + 64)
      .writeString(topic)
      .writeArray([new Encoder(batch.length + 16).writeInt32(partition).writeBytes(batch)]),
  );
  return new Encoder(batches.reduce((bytes, { batch }) => bytes + batch.length + 128, 256))
    .writeString(transactionalId)
    .writeInt16(ALL_IN_SYNC)
    .writeInt32(TIMEOUT_MS)
    .writeArray(topics);
}

/** The error code of each partition. */
function decode(decoder: Decoder): readonly number[] {
  const topics = decoder.readArray((topic) => {
    topic.readString();
    return topic.readArray((partition) => {
      partition.readInt32(); // partition
      const errorCode = partition.readInt16();
      for (let field = 0; field < 3; field++) partition.readInt64(); // base offset, append time, log start
      return errorCode;
    });
  });
  return topics.flat();
}
