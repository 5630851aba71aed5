import { NO_TAGS } from './compact';
import { type Broker, createErrorFromCode, type Decoder, Encoder, knows, send } from './transport';

/** How a transaction ends. */
export type Decision = 'commit' | 'abort';

/** The last transaction of a transactional id. */
export interface TransactionState {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** Absent if the transaction is open, or if a new owner has come since. */
  readonly decision?: Decision;
  /** Whether the coordinator considers the markers of the decision as written. */
  readonly isComplete: boolean;
}

/** Brokers from 3.0 on know it. The right to write with a transactional id includes the right to describe it. */
const DESCRIBE_TRANSACTIONS = { apiKey: 65, apiVersion: 0, apiName: 'DescribeTransactions' };
const TRANSACTIONAL_ID_NOT_FOUND = 105;
const DECIDED: Readonly<Record<string, Pick<TransactionState, 'decision' | 'isComplete'>>> = {
  PrepareCommit: { decision: 'commit', isComplete: false },
  CompleteCommit: { decision: 'commit', isComplete: true },
  PrepareAbort: { decision: 'abort', isComplete: false },
  CompleteAbort: { decision: 'abort', isComplete: true },
};

/** Undefined if the coordinator does not know the id, or not the request. Throws kafkajs's protocol errors. */
export async function transactionState(
  coordinator: Broker,
  transactionalId: string,
): Promise<TransactionState | undefined> {
  if (!knows(coordinator, DESCRIBE_TRANSACTIONS)) return undefined;
  const [found] = await send(coordinator, DESCRIBE_TRANSACTIONS, encode(transactionalId), decode);
  if (found === undefined || found.errorCode === TRANSACTIONAL_ID_NOT_FOUND) return undefined;
  if (found.errorCode !== 0) throw createErrorFromCode(found.errorCode);
  const { producerId, producerEpoch } = found;
  return { producerId, producerEpoch, ...(DECIDED[found.state] ?? { isComplete: false }) };
}

interface Described {
  readonly errorCode: number;
  readonly state: string;
  readonly producerId: bigint;
  readonly producerEpoch: number;
}

function encode(transactionalId: string): Encoder {
  return new Encoder()
    .writeUVarInt(NO_TAGS) // of the header
    .writeUVarIntArray([new Encoder().writeUVarIntString(transactionalId)])
    .writeUVarInt(NO_TAGS);
}

function decode(decoder: Decoder): readonly Described[] {
  decoder.readTaggedFields(); // of the header
  decoder.readInt32(); // throttle time
  return decoder.readUVarIntArray(decodeState) ?? [];
}

function decodeState(decoder: Decoder): Described {
  const errorCode = decoder.readInt16();
  decoder.readUVarIntString(); // the transactional id
  const state = decoder.readUVarIntString() ?? '';
  decoder.readInt32(); // its time limit
  decoder.readInt64(); // its start
  const producerId = decoder.readInt64();
  const producerEpoch = decoder.readInt16();
  decoder.readUVarIntArray((topic) => {
    topic.readUVarIntString();
    topic.readUVarIntArray((partition) => partition.readInt32());
    topic.readTaggedFields();
  });
  decoder.readTaggedFields();
  return { errorCode, state, producerId, producerEpoch };
}
