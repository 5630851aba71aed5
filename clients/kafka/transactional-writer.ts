import { setTimeout as sleep } from 'node:timers/promises';
import { isFenced, protocolType } from './errors';
import { leaderOf, partitionsWithLeader } from './leader-of';
import { partitionOf } from './murmur2';
import { type PartitionBatch, produceBatches } from './produce';
import { encodeRecordBatch, type NewRecord, recordSize } from './record-batch';
import { type Decision, transactionState } from './transaction-state';
import { type Broker, type Cluster, createErrorFromCode } from './transport';

/** Records by topic. */
export type TransactionWrites = ReadonlyMap<string, readonly NewRecord[]>;

export interface WriterOptions {
  readonly topic: string;
  readonly partition: number;
  readonly group: string;
  readonly transactionalId: string;
}

/** The brokers that coordinate the transaction and the group's offsets. */
interface Coordinators {
  readonly transactions: Broker;
  readonly groups: Broker;
}

/**
 * A producer as the transaction coordinator knows it. Each owner of a transactional id has a higher epoch than the
 * previous one.
 */
export interface ProducerEpoch {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  /** The decision of the transaction before this owner, as long as this owner has not finished that transaction. */
  readonly unfinished?: Decision;
  /** An offset that an owner before had committed, or a later one, if Kafka knew it when this owner came; 0 or absent if not. */
  readonly known?: number;
  /** Whether this owner knows that the coordinator has an open transaction of it. Default: it does not know. */
  readonly isOpen?: () => boolean;
}

/**
 * Nobody reads past an open transaction. A crash without a successor must not block the readers for longer than this.
 */
const TRANSACTION_TIMEOUT_MS = 30_000;
/** Kafka's default limit for a batch is 1 MiB. gzip can only make these bytes fewer. */
const BATCH_BYTES = 900_000;
/** The coordinator writes the markers of a transaction after its answer. The next transaction waits for them. */
const MARKERS_POLL_MS = 2;
const MARKERS_TIMEOUT_MS = 10_000;
/** A code of the protocol; see `whileMarkersAreWritten`. */
export const CONCURRENT_TRANSACTIONS = 51;
/** Sequence numbers wrap around at this value. */
const SEQUENCES = 2 ** 31;

/** A transactional producer for the output of one partition. Throws kafkajs's errors. */
export class TransactionalWriter {
  readonly producerId: bigint;
  readonly producerEpoch: number;
  readonly #cluster: Cluster;
  readonly #coordinators: Coordinators;
  readonly #options: WriterOptions;
  readonly #sequences = new Map<string, number>();
  #isOpen = false;
  #keyless = 0;

  private constructor(
    cluster: Cluster,
    coordinators: Coordinators,
    options: WriterOptions,
    producer: { readonly producerId: string; readonly producerEpoch: number },
  ) {
    this.#cluster = cluster;
    this.#coordinators = coordinators;
    this.#options = options;
    this.producerId = BigInt(producer.producerId);
    this.producerEpoch = producer.producerEpoch;
  }

  /**
   * Takes over the transactional id: aborts an open transaction of the previous owner and fences that owner. Calls
   * `beforeAttempt` with the transaction's coordinator before each attempt.
   */
  static async open(
    cluster: Cluster,
    options: WriterOptions,
    previous?: ProducerEpoch,
    beforeAttempt: (transactions: Broker) => Promise<void> = () => Promise.resolve(),
  ): Promise<TransactionalWriter> {
    const { transactionalId, group } = options;
    const transactions = await cluster.findGroupCoordinator({ groupId: transactionalId, coordinatorType: 1 });
    const groups = await cluster.findGroupCoordinator({ groupId: group, coordinatorType: 0 });
    if (previous !== undefined) await endPrevious(transactions, transactionalId, previous);
    const producer = await whileMarkersAreWritten(async () => {
      await beforeAttempt(transactions);
      return await transactions.initProducerId({ transactionalId, transactionTimeout: TRANSACTION_TIMEOUT_MS });
    });
    return new TransactionalWriter(cluster, { transactions, groups }, options, producer);
  }

  /** See ProducerEpoch. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** @param metadata text of at most about 4,000 bytes that the broker keeps with the offset. */
  async commit(writes: TransactionWrites, nextOffset: number, metadata: string | null = null): Promise<void> {
    const { group, topic, partition } = this.#options;
    const [encoded] = await Promise.all([this.#encode(writes), this.#addOffsets()]);
    // Throws if a partition has no leader. The end of a transaction with such a partition would wait, or get lost.
    const rounds = await Promise.all(encoded.rounds.map((batches) => this.#byLeader(batches)));
    await this.#addPartitions(encoded.topics);
    const offset = { partition, offset: nextOffset.toString(), metadata };
    await Promise.all([
      this.#coordinators.groups.txnOffsetCommit({
        ...this.#transaction,
        groupId: group,
        topics: [{ topic, partitions: [offset] }],
      }),
      this.#produce(rounds),
    ]);
    await this.#end('commit');
  }

  /**
   * Writes this marker after everything that earlier owners left open in these topics and in the group's offsets. Throws
   * LEADER_NOT_AVAILABLE before it begins if a partition has no leader: Kafka 4 would take the marker as written there.
   */
  async finish(topics: readonly string[], decision: Decision): Promise<void> {
    const partitions = partitionsWithLeader(this.#cluster, topics);
    await this.#addOffsets();
    await this.#addPartitions(partitions);
    await this.#end(decision);
  }

  /** The producer's transactions as the coordinators know them. */
  get #transaction() {
    const { producerId, producerEpoch } = this;
    return { transactionalId: this.#options.transactionalId, producerId: producerId.toString(), producerEpoch };
  }

  async #addOffsets(): Promise<void> {
    const offsets = { ...this.#transaction, groupId: this.#options.group };
    await whileMarkersAreWritten(() => this.#coordinators.transactions.addOffsetsToTxn(offsets));
    this.#isOpen = true;
  }

  async #addPartitions(partitions: ReadonlyMap<string, Iterable<number>>): Promise<void> {
    if (partitions.size === 0) return;
    const topics = [...partitions].map(([topic, some]) => ({ topic, partitions: [...some] }));
    await whileMarkersAreWritten(() =>
      this.#coordinators.transactions.addPartitionsToTxn({ ...this.#transaction, topics }),
    );
  }

  async #end(decision: Decision): Promise<void> {
    const end = { ...this.#transaction, transactionResult: decision === 'commit' };
    this.#isOpen = false;
    await untilDecided(() => this.#coordinators.transactions.endTxn(end));
  }

  /** Sends one round after the other, since a request may hold only one batch of each partition. */
  async #produce(rounds: readonly ReadonlyMap<Broker, readonly PartitionBatch[]>[]): Promise<void> {
    for (const round of rounds) {
      await Promise.all(
        [...round].map(([leader, batches]) => produceBatches(leader, this.#options.transactionalId, batches)),
      );
    }
  }

  async #byLeader(batches: readonly PartitionBatch[]): Promise<Map<Broker, PartitionBatch[]>> {
    const byLeader = new Map<Broker, PartitionBatch[]>();
    for (const batch of batches) {
      const leader = await leaderOf(this.#cluster, batch.topic, batch.partition);
      byLeader.set(leader, [...(byLeader.get(leader) ?? []), batch]);
    }
    return byLeader;
  }

  async #encode(writes: TransactionWrites): Promise<EncodedWrites> {
    const encoded: { topics: Map<string, Set<number>>; rounds: PartitionBatch[][] } = { topics: new Map(), rounds: [] };
    const batches: Promise<PartitionBatch>[] = [];
    const places: number[] = [];
    for (const [topic, records] of writes) {
      const partitions = this.#cluster.findTopicPartitionMetadata(topic).length;
      if (partitions === 0) throw new RangeError(`topic ${topic} has no partition`);
      for (const [partition, pieces] of this.#pieces(records, partitions)) {
        encoded.topics.set(topic, (encoded.topics.get(topic) ?? new Set()).add(partition));
        for (const [round, piece] of pieces.entries()) {
          places.push(round);
          batches.push(this.#batch(topic, partition, piece));
        }
      }
    }
    for (const [index, batch] of (await Promise.all(batches)).entries()) {
      (encoded.rounds[places[index] ?? 0] ??= []).push(batch);
    }
    return encoded;
  }

  /** The records by partition, cut into batches that a broker accepts. */
  #pieces(records: readonly NewRecord[], partitions: number): Map<number, Piece[]> {
    const pieces = new Map<number, Piece[]>();
    for (const record of records) {
      const partition = record.partition ?? this.#partitionFor(record.key, partitions);
      const size = recordSize(record);
      let of = pieces.get(partition);
      if (of === undefined) pieces.set(partition, (of = []));
      const last = of.at(-1);
      if (last === undefined || last.size + size > BATCH_BYTES) of.push({ records: [record], size });
      else {
        last.records.push(record);
        last.size += size;
      }
    }
    return pieces;
  }

  #partitionFor(key: Buffer | null, partitions: number): number {
    return key === null ? this.#keyless++ % partitions : partitionOf(key, partitions);
  }

  async #batch(topic: string, partition: number, { records, size }: Piece): Promise<PartitionBatch> {
    const name = `${topic}/${partition}`;
    const firstSequence = this.#sequences.get(name) ?? 0;
    this.#sequences.set(name, (firstSequence + records.length) % SEQUENCES);
    const { producerId, producerEpoch } = this;
    const batch = await encodeRecordBatch(records, size, { producerId, producerEpoch, firstSequence });
    return { topic, partition, batch };
  }
}

interface Piece {
  readonly records: NewRecord[];
  size: number;
}

interface EncodedWrites {
  readonly topics: ReadonlyMap<string, ReadonlySet<number>>;
  readonly rounds: readonly (readonly PartitionBatch[])[];
}

/**
 * Ends what the previous session left open: aborts it, unless that session was finishing a transaction before it. Only
 * the last owner may do so: if another owner came in between, this call is fenced.
 */
async function endPrevious(transactions: Broker, transactionalId: string, previous: ProducerEpoch): Promise<void> {
  const producer = { producerId: previous.producerId.toString(), producerEpoch: previous.producerEpoch };
  const transactionResult = previous.unfinished === 'commit';
  try {
    await untilDecided(() => transactions.endTxn({ transactionalId, ...producer, transactionResult }));
  } catch (thrown) {
    if (protocolType(thrown) === 'INVALID_TXN_STATE') return; // The previous session left nothing open.
    if (!isFenced(thrown) || !(await hasTimedOut(transactions, transactionalId, previous))) throw thrown;
  }
}

/**
 * Whether the coordinator has aborted the transaction that the previous session left open, because its time was over.
 * That fences the session, too: it raises the epoch by one. Another owner that comes to an open transaction raises it once
 * more before it writes.
 */
async function hasTimedOut(transactions: Broker, transactionalId: string, previous: ProducerEpoch): Promise<boolean> {
  if (previous.isOpen?.() !== true || previous.unfinished !== undefined) return false;
  return await whileMarkersAreWritten(async () => {
    const state = await transactionState(transactions, transactionalId);
    const isNext = state?.producerId === previous.producerId && state.producerEpoch === previous.producerEpoch + 1;
    if (!isNext || state.decision !== 'abort') return false;
    if (!state.isComplete) throw createErrorFromCode(CONCURRENT_TRANSACTIONS);
    return true;
  });
}

/** Repeats a call that must wait until the previous transaction has ended on every partition. */
export async function whileMarkersAreWritten<T>(call: () => Promise<T>, milliseconds?: number): Promise<T> {
  return whileAnswered(['CONCURRENT_TRANSACTIONS', 'UNSTABLE_OFFSET_COMMIT'], call, milliseconds);
}

/**
 * Ends a transaction. If the end coincides with a new owner's first request, Kafka 4 fails internally and answers
 * UNKNOWN. A second call then reports who owns the transaction. Ending a transaction twice does no harm.
 */
async function untilDecided(end: () => Promise<unknown>): Promise<void> {
  await whileAnswered(['CONCURRENT_TRANSACTIONS', 'UNKNOWN'], end);
}

async function whileAnswered<T>(
  passing: readonly string[],
  call: () => Promise<T>,
  milliseconds = MARKERS_TIMEOUT_MS,
): Promise<T> {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    try {
      return await call();
    } catch (thrown) {
      if (!passing.includes(protocolType(thrown) ?? '') || performance.now() > deadline) throw thrown;
      await sleep(MARKERS_POLL_MS);
    }
  }
}
