import { type Broker, createErrorFromCode, type Decoder, Encoder, send } from './transport';

export interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** The broker answers when it has `minBytes`, or after this many milliseconds with what it has. */
  readonly maxWaitMs: number;
  readonly minBytes: number;
  /** Limit of compressed records. One record batch is returned whole even if it is larger. */
  readonly maxBytes: number;
}

export interface FetchedRecords extends Pick<FetchRequest, 'topic' | 'partition' | 'offset'> {
  readonly highWatermark: number;
  readonly abortedTransactions: readonly AbortedTransaction[];
  /** Record batches. The last one may be incomplete. */
  readonly recordSet: Buffer;
}

/** A transaction whose records are to be skipped. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/** Version 11 is the last without compact encodings. Brokers from 2.3 to 4.x know it. */
const FETCH = { apiKey: 1, apiVersion: 11, apiName: 'Fetch' };
const READ_COMMITTED = 1;
const NOTHING = Buffer.alloc(0);

/**
 * Reads committed records of one partition from a broker. Throws kafkajs's protocol errors, such as
 * OFFSET_OUT_OF_RANGE.
 */
export async function fetchRecords(broker: Broker, request: FetchRequest): Promise<FetchedRecords> {
  const { topic, partition, offset } = request;
  for (;;) {
    const { answer } = await send(broker, FETCH, encode(request), decode);
    // A broker that throttles this client reads its next request only when the time for that is over.
    if (answer !== undefined) return { topic, partition, offset, ...answer };
  }
}

function encode({ topic, partition, offset, maxWaitMs, minBytes, maxBytes }: FetchRequest): Encoder {
  const partitions = new Encoder()
    .writeInt32(partition)
    .writeInt32(-1) // the leader's epoch, unknown
    .writeInt64(offset)
    .writeInt64(-1) // a follower's log start
    .writeInt32(maxBytes);
  return new Encoder()
    .writeInt32(-1) // not a replica
    .writeInt32(maxWaitMs)
    .writeInt32(minBytes)
    .writeInt32(maxBytes)
    .writeInt8(READ_COMMITTED)
    .writeInt32(0) // no fetch session
    .writeInt32(-1)
    .writeArray([new Encoder().writeString(topic).writeArray([partitions])])
    .writeArray([])
    .writeString('');
}

type Answer = Omit<FetchedRecords, keyof FetchRequest>;

/** `answer` is undefined if the broker gives nothing since the client has used up its quota. */
function decode(decoder: Decoder): { readonly answer: Answer | undefined } {
  const isThrottled = decoder.readInt32() > 0;
  const errorCode = decoder.readInt16();
  if (errorCode !== 0) throw createErrorFromCode(errorCode);
  decoder.readInt32(); // session
  const [answer] =
    decoder.readArray((topic) => {
      topic.readString();
      return topic.readArray(decodePartition);
    })[0] ?? [];
  if (answer === undefined && !isThrottled) throw new RangeError('the answer to a fetch of one partition holds none');
  return { answer };
}

function decodePartition(decoder: Decoder): Answer {
  decoder.readInt32(); // partition
  const errorCode = decoder.readInt16();
  const highWatermark = Number(decoder.readInt64());
  decoder.readInt64(); // last stable offset
  decoder.readInt64(); // log start offset
  const abortedTransactions = decoder.readArray((transaction) => ({
    producerId: transaction.readInt64(),
    firstOffset: Number(transaction.readInt64()),
  }));
  decoder.readInt32(); // preferred read replica
  const recordSet = decoder.readBytes() ?? NOTHING;
  if (errorCode !== 0) throw createErrorFromCode(errorCode);
  return { highWatermark, abortedTransactions, recordSet };
}
