import type { Broker, ProtocolRequest } from 'kafkajs/src/cluster';
import Decoder from 'kafkajs/src/protocol/decoder';
import Encoder from 'kafkajs/src/protocol/encoder';
import { createErrorFromCode } from 'kafkajs/src/protocol/error';

export interface PartitionBatch {
  readonly topic: string;
  readonly partition: number;
  /** One record batch. */
  readonly batch: Buffer;
}

/** Version 7: the last one that kafkajs's encoder reaches, known to brokers from 2.1 to 4.x. */
const PRODUCE = { apiKey: 0, apiVersion: 7, apiName: 'Produce' };
const ALL_IN_SYNC = -1;
const TIMEOUT_MS = 15_000;

/** Appends record batches, of different partitions, in a transaction. Throws kafkajs's protocol errors. */
export async function produceBatches(
  broker: Broker,
  transactionalId: string,
  batches: readonly PartitionBatch[],
): Promise<void> {
  const protocol: ProtocolRequest<readonly number[]> = {
    request: { ...PRODUCE, encode: () => Promise.resolve(encode(transactionalId, batches)) },
    response: {
      decode: (data) => Promise.resolve(decode(data)),
      parse: (decoded) => Promise.resolve(decoded),
    },
  };
  const errorCodes = await broker.connectionPool.send(protocol);
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
function decode(data: Buffer): readonly number[] {
  const topics = new Decoder(data).readArray((decoder) => {
    decoder.readString();
    return decoder.readArray((partition) => {
      partition.readInt32(); // partition
      const errorCode = partition.readInt16();
      for (let field = 0; field < 3; field++) partition.readInt64(); // base offset, append time, log start
      return errorCode;
    });
  });
  return topics.flat();
}
