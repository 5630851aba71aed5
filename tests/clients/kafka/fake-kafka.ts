import { KafkaJSConnectionError } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Broker, type Cluster, createErrorFromCode } from '../../../clients/kafka/transport';

const INVALID_PRODUCER_EPOCH = 47;
const INVALID_TXN_STATE = 48;
const CONCURRENT_TRANSACTIONS = 51;
const UNSTABLE_OFFSET_COMMIT = 88;
const [PRODUCE, FETCH, OFFSET_FETCH, DESCRIBE_PRODUCERS, DESCRIBE_TRANSACTIONS] = [0, 1, 9, 61, 65];
/** In place of a time stamp, when a client asks for the first record's offset. */
const EARLIEST = -2;
const VERSION_0 = { minVersion: 0, maxVersion: 0 };
const PRODUCER_ID = 1n;
const EMPTY = { highWatermark: 0, abortedTransactions: [], recordSet: Buffer.alloc(0) };
/** How long a fetch waits for records. There are none. */
const FETCH_WAIT_MS = 5;

/** Requests of a partition's session, and the opening of its connections. */
export type RequestName =
  | Exclude<keyof Broker, 'connectionPool' | 'versions'>
  | 'connect'
  | 'produce'
  | 'fetch'
  | 'offsetFetch'
  | 'describeProducers'
  | 'describeTransactions';

/** What a transaction writes a marker to. */
export type Marked = 'offset' | 'rows';

/**
 * One broker with one partition of each topic, as far as a partition's session needs it. It is empty by default. It
 * fences by epochs as a real coordinator does, and fails on request. For faults that a real broker has only in a moment
 * that no test can hit.
 */
export class FakeKafka {
  /** Called before each request. If it throws, the request fails. */
  before: (request: RequestName) => void = () => undefined;
  /** The epoch of the last owner of the transactional id. */
  epoch = -1;
  committed = -1;
  /** The offset of the first record of each partition, and the one after its last. */
  bounds = { low: 0, high: 0 };
  /** How many batches of rows a reader of committed rows gets. */
  rows = 0;
  /** What each fetch gives. */
  recordSet: Buffer = EMPTY.recordSet;
  /** The requests that this broker says it knows, beside those that all brokers know. */
  versions: Broker['versions'] = { [DESCRIBE_PRODUCERS]: VERSION_0, [DESCRIBE_TRANSACTIONS]: VERSION_0 };
  /** Of each partition; -1 if none of them has one. */
  leader = 0;
  /** The markers that this broker loses from now on. */
  readonly loses = new Set<Marked>();
  /** The last transaction: open, decided, or forgotten since a new owner came. */
  #state: 'Empty' | 'Ongoing' | 'CompleteCommit' | 'CompleteAbort' = 'Empty';
  /** What has no marker yet. */
  #openOffset: number | undefined;
  #openRows = 0;

  /** The error that a client gets if its broker is away. */
  static away(): Error {
    return new KafkaJSConnectionError('connect ECONNREFUSED');
  }

  readonly cluster: Cluster = {
    connect: () => this.#answer('connect', () => undefined),
    disconnect: () => Promise.resolve(),
    addMultipleTargetTopics: () => Promise.resolve(),
    findBroker: () => Promise.resolve(this.#known()),
    findTopicPartitionMetadata: () => [{ partitionId: 0, leader: this.leader }],
    findGroupCoordinator: () => Promise.resolve(this.#known()),
  };

  readonly #broker: Omit<Broker, 'versions'> = {
    initProducerId: () =>
      this.#answer('initProducerId', () => {
        this.epoch += 1;
        if (this.#state === 'Ongoing') {
          this.#end('abort');
          throw createErrorFromCode(CONCURRENT_TRANSACTIONS);
        }
        this.#state = 'Empty';
        return { producerId: `${PRODUCER_ID}`, producerEpoch: this.epoch };
      }),
    addPartitionsToTxn: (request) => this.#asOwner('addPartitionsToTxn', request),
    addOffsetsToTxn: (request) =>
      this.#asOwner('addOffsetsToTxn', request, () => {
        this.#state = 'Ongoing';
      }),
    txnOffsetCommit: (request) =>
      this.#asOwner('txnOffsetCommit', request, () => {
        this.#openOffset = Number(request.topics[0]?.partitions[0]?.offset);
      }),
    endTxn: (request) =>
      this.#asOwner('endTxn', request, () => {
        if (this.#state !== 'Ongoing') throw createErrorFromCode(INVALID_TXN_STATE);
        this.#end(request.transactionResult ? 'commit' : 'abort');
      }),
    listOffsets: ({ topics: [topic] }) =>
      this.#answer('listOffsets', () => {
        const { low, high } = this.bounds;
        const offset = topic?.partitions[0]?.timestamp === EARLIEST ? low : high;
        return { responses: [{ partitions: [{ partition: 0, offset: `${offset}` }] }] };
      }),
    connectionPool: {
      // The caller decodes the response; here it gets the decoded one directly.
      send: async ({ request: { apiKey, apiName } }) => (await this.#answerTo(apiKey, apiName)) as never,
    },
  };

  /** Aborts the open transaction, and fences its owner, as a coordinator does when the transaction's time is over. */
  timeOut(): void {
    if (this.#state !== 'Ongoing') return;
    this.epoch += 1;
    this.#end('abort');
  }

  /** Another owner comes, as far as it owns the transactional id. */
  takeOver(): void {
    this.timeOut();
    this.epoch += 1;
    this.#state = 'Empty';
  }

  async #answerTo(apiKey: number, apiName: string): Promise<unknown> {
    switch (apiKey) {
      case PRODUCE:
        return await this.#answer('produce', () => {
          this.#openRows += 1;
          return [];
        });
      case FETCH:
        await sleep(FETCH_WAIT_MS);
        return await this.#answer('fetch', () => ({
          answer: { ...EMPTY, highWatermark: this.bounds.high, recordSet: this.recordSet },
        }));
      case OFFSET_FETCH:
        return await this.#answer('offsetFetch', () => {
          if (this.#openOffset !== undefined) throw createErrorFromCode(UNSTABLE_OFFSET_COMMIT);
          return { offset: this.committed, metadata: null };
        });
      case DESCRIBE_PRODUCERS:
        return await this.#answer('describeProducers', () => (this.#openRows > 0 ? [PRODUCER_ID] : []));
      case DESCRIBE_TRANSACTIONS:
        return await this.#answer('describeTransactions', () => [
          { errorCode: 0, state: this.#state, producerId: PRODUCER_ID, producerEpoch: this.epoch },
        ]);
      default:
        throw new Error(`${apiName} is not expected`);
    }
  }

  #end(decision: 'commit' | 'abort'): void {
    this.#state = decision === 'commit' ? 'CompleteCommit' : 'CompleteAbort';
    if (!this.loses.has('offset')) {
      if (decision === 'commit') this.committed = this.#openOffset ?? this.committed;
      this.#openOffset = undefined;
    }
    if (!this.loses.has('rows')) {
      if (decision === 'commit') this.rows += this.#openRows;
      this.#openRows = 0;
    }
  }

  #known(): Broker {
    return { ...this.#broker, versions: this.versions };
  }

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
