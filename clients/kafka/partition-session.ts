import { type CommittedOffset, NONE } from './committed-offset';
import { clusterOf } from './connection';
import { kafkaError, protocolType } from './errors';
import { fetchRecords, type FetchedRecords, type FetchRequest } from './fetch';
import { leaderOf, partitionsWithLeader } from './leader-of';
import { missingOffset } from './missing-offset';
import type { KafkaOptions } from './options';
import { boundsOf } from './partition-bounds';
import { PreviousTransaction } from './previous-transaction';
import type { GroupPartition } from './reset-command';
import type { SessionOptions } from './session-options';
import { type ProducerEpoch, TransactionalWriter, type TransactionWrites } from './transactional-writer';
import type { Cluster } from './transport';

/** Where a session starts, and which offsets it had to skip. */
export interface SessionStart {
  readonly offset: number;
  /** Set if the partition does not have the committed offset any more, or not yet. That may be the known one. */
  readonly reset?: { readonly committed: number; readonly low: number; readonly high: number };
  /** The text that was committed with the offset, also if that offset is gone; absent if nothing was committed. */
  readonly metadata?: string;
}

/**
 * The sole right to read a partition and to write the output, in transactions that commit the offset with the output.
 * Opening a session fences the previous owner. The next owner fences this session; every method then throws
 * SHARD_FENCED. After any other failure, close the session and open a new one. It starts at the committed offset.
 */
export class PartitionSession {
  readonly start: SessionStart;
  readonly #cluster: Cluster;
  readonly #writer: TransactionalWriter;
  readonly #options: SessionOptions;
  readonly #brokers: readonly string[];

  private constructor(
    cluster: Cluster,
    writer: TransactionalWriter,
    start: SessionStart,
    options: SessionOptions,
    brokers: readonly string[],
  ) {
    this.#cluster = cluster;
    this.#writer = writer;
    this.start = start;
    this.#options = options;
    this.#brokers = brokers;
  }

  /**
   * Throws OFFSET_MISSING if Kafka does not know an offset that was committed: a session without it would write all rows
   * again.
   *
   * `previous` is this owner's last session, if it had one. Without it, opening can only fence others and cannot be
   * fenced. `onOwned` receives the identity of this session as soon as it owns the partition, and again when the
   * previous transaction is finished. If a later step of opening fails, the last identity is the `previous` of the next
   * session.
   */
  static async open(
    kafka: KafkaOptions,
    options: SessionOptions,
    previous?: ProducerEpoch,
    onOwned?: (producer: ProducerEpoch) => void,
  ): Promise<PartitionSession> {
    const cluster = clusterOf(kafka);
    try {
      await cluster.connect();
      await cluster.addMultipleTargetTopics([options.topic, ...options.outputs]);
      const at = { ...options, brokers: kafka.brokers };
      const before = new PreviousTransaction(cluster, at, previous?.unfinished);
      const writer = await TransactionalWriter.open(cluster, options, previous, (coordinator) =>
        before.look(coordinator),
      );
      const known = options.mayStartAnew === true ? 0 : Math.max(options.known ?? 0, before.seen ?? 0);
      const { producerId, producerEpoch } = writer;
      const owner = { producerId, producerEpoch, known, isOpen: () => writer.isOpen };
      onOwned?.({ ...owner, ...(before.unfinished && { unfinished: before.unfinished }) });
      // The order matters: once the previous owner is fenced, the committed offset cannot move any more.
      const committed = await before.finish(writer);
      onOwned?.(owner);
      const start = await startOf(cluster, { ...at, known }, committed);
      return new PartitionSession(cluster, writer, start, options, kafka.brokers);
    } catch (thrown) {
      const why = reasonOf(thrown, cluster, options.outputs);
      await cluster.disconnect();
      throw kafkaError(why, `opening ${options.topic}/${options.partition}`, kafka.brokers);
    }
  }

  /** Committed records from `offset` on; undefined if the offset is outside the partition. */
  async fetch(request: Omit<FetchRequest, 'topic' | 'partition'>): Promise<FetchedRecords | undefined> {
    const { topic, partition } = this.#options;
    try {
      const leader = await leaderOf(this.#cluster, topic, partition);
      return await fetchRecords(leader, { ...request, topic, partition });
    } catch (thrown) {
      if (protocolType(thrown) === 'OFFSET_OUT_OF_RANGE') return undefined;
      throw kafkaError(thrown, `reading ${topic}/${partition}`, this.#brokers);
    }
  }

  /**
   * Writes the records and commits `nextOffset`, all or nothing. `metadata`, of at most about 4,000 bytes, is kept with
   * the offset, for the start of the next session.
   */
  async commit(writes: TransactionWrites, nextOffset: number, metadata: string | null = null): Promise<void> {
    const { topic, partition } = this.#options;
    try {
      await this.#writer.commit(writes, nextOffset, metadata);
    } catch (thrown) {
      throw kafkaError(thrown, `committing ${topic}/${partition} up to ${nextOffset}`, this.#brokers);
    }
  }

  /** Leaves an open transaction to the next owner, or to the broker's time limit. */
  async close(): Promise<void> {
    await this.#cluster.disconnect();
  }
}

/**
 * A transaction that does not end waits for the leader of a partition that has none, on a broker that keeps the end until
 * then. That leader is what is missing.
 */
function reasonOf(thrown: unknown, cluster: Cluster, outputs: readonly string[]): unknown {
  if (protocolType(thrown) !== 'CONCURRENT_TRANSACTIONS') return thrown;
  try {
    partitionsWithLeader(cluster, outputs);
    return thrown;
  } catch (leaderless) {
    return leaderless;
  }
}

/** @param at `known`: 0 if none is. */
async function startOf(
  cluster: Cluster,
  at: GroupPartition & { readonly known: number },
  found: CommittedOffset,
): Promise<SessionStart> {
  const { low, high } = await boundsOf(cluster, at);
  const isMissing = found.offset === NONE;
  const committed = isMissing ? at.known : found.offset;
  const metadata = found.metadata ? { metadata: found.metadata } : {};
  if (isMissing && (committed === 0 || committed === low)) return { offset: low };
  if (isMissing && committed > low && committed <= high) throw missingOffset(at);
  if (committed >= low && committed <= high) return { offset: committed, ...metadata };
  return { offset: low, reset: { committed, low, high }, ...metadata };
}
