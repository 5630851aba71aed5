import { KafkaJSConnectionError } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Broker, type Cluster, createErrorFromCode } from '../../../clients/kafka/transport';

const INVALID_PRODUCER_EPOCH = 47;
const INVALID_TXN_STATE = 48;
const [FETCH, OFFSET_FETCH] = [1, 9];
const EMPTY = { highWatermark: 0, abortedTransactions: [], recordSet: Buffer.alloc(0) };
/** How long a fetch waits for records. There are none. */
const FETCH_WAIT_MS = 5;

/** Requests of a partition's session, and the opening of its connections. */
export type RequestName = Exclude<keyof Broker, 'connectionPool'> | 'connect' | 'fetch' | 'offsetFetch';

/**
 * One broker with one empty partition of each topic, as far as a partition's session needs it. It fences by epochs as a
 * real coordinator does, and fails on request. For faults that a real broker has only in a moment that no test can hit.
 */
export class FakeKafka {
  /** Called before each request. If it throws, the request fails. */
  before: (request: RequestName) => void = () => undefined;
  /** The epoch of the last owner of the transactional id. */
  epoch = -1;
  committed = -1;
  /** What each fetch gives. */
  recordSet: Buffer = EMPTY.recordSet;
  #isOpen = false;

  /** The error that a client gets if its broker is away. */
  static away(): Error {
    return new KafkaJSConnectionError('connect ECONNREFUSED');
  }

  readonly cluster: Cluster = {
    connect: () => this.#answer('connect', () => undefined),
    disconnect: () => Promise.resolve(),
    addMultipleTargetTopics: () => Promise.resolve(),
    findBroker: () => Promise.resolve(this.#broker),
    findTopicPartitionMetadata: () => [{ partitionId: 0, leader: 0 }],
    findGroupCoordinator: () => Promise.resolve(this.#broker),
  };

  readonly #broker: Broker = {
    initProducerId: () =>
      this.#answer('initProducerId', () => {
        this.epoch += 1;
        this.#isOpen = false;
        return { producerId: '1', producerEpoch: this.epoch };
      }),
    addPartitionsToTxn: (request) => this.#asOwner('addPartitionsToTxn', request),
    addOffsetsToTxn: (request) =>
      this.#asOwner('addOffsetsToTxn', request, () => {
        this.#isOpen = true;
      }),
    txnOffsetCommit: (request) =>
      this.#asOwner('txnOffsetCommit', request, () => {
        this.committed = Number(request.topics[0]?.partitions[0]?.offset);
      }),
    endTxn: (request) =>
      this.#asOwner('endTxn', request, () => {
        if (!this.#isOpen) throw createErrorFromCode(INVALID_TXN_STATE);
        this.#isOpen = false;
      }),
    listOffsets: () =>
      this.#answer('listOffsets', () => ({ responses: [{ partitions: [{ partition: 0, offset: '0' }] }] })),
    connectionPool: {
      send: async ({ request: { apiKey, apiName } }) => {
        // The caller decodes the response; here it gets the decoded one directly.
        if (apiKey === OFFSET_FETCH) {
          return (await this.#answer('offsetFetch', () => ({ offset: this.committed, metadata: null }))) as never;
        }
        if (apiKey !== FETCH) throw new Error(`${apiName} is not expected`);
        await sleep(FETCH_WAIT_MS);
        return (await this.#answer('fetch', () => ({ ...EMPTY, recordSet: this.recordSet }))) as never;
      },
    },
  };

  async #answer<T>(name: RequestName, answer: () => T): Promise<T> {
    await Promise.resolve();
    this.before(name);
    return answer();
  }

  #asOwner(name: RequestName, { producerEpoch }: { producerEpoch: number }, then?: () => void): Promise<void> {
    return this.#answer(name, () => {
      if (producerEpoch !== this.epoch) throw createErrorFromCode(INVALID_PRODUCER_EPOCH);
      then?.();
    });
  }
}
