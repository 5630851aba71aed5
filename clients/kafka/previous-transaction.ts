import { type CommittedOffset, fetchCommittedOffset, NONE } from './committed-offset';
import { protocolType } from './errors';
import { partitionsWithLeader } from './leader-of';
import { missingOffset } from './missing-offset';
import { hasOpenRecords } from './open-records';
import { boundsOf } from './partition-bounds';
import type { GroupPartition } from './reset-command';
import { type Decision, type TransactionState, transactionState } from './transaction-state';
import type { SessionOptions } from './session-options';
import { CONCURRENT_TRANSACTIONS, type TransactionalWriter, whileMarkersAreWritten } from './transactional-writer';
import { type Broker, type Cluster, createErrorFromCode } from './transport';

/** A broker before Kafka 4 shows a committed offset some milliseconds after the transaction. */
const MARKERS_ARE_LOST_MS = 3_000;

/**
 * The last transaction of the previous owner of a partition, whose markers the broker may have lost. Kafka 4 takes a
 * transaction as complete without a marker if a partition has no leader at the time. All partitions are without one
 * while a single broker restarts ("Couldn't find leader endpoint for partitions" in its log). What has no marker stays
 * open: nobody reads past it, and our first commit would make its rows visible.
 *
 * So it is finished as it was decided. The coordinator forgets the decision when a new owner comes. Therefore the new
 * owner looks for lost markers before, when dying does no harm, and then only has to write them.
 */
export class PreviousTransaction {
  readonly #cluster: Cluster;
  readonly #options: SessionOptions & GroupPartition;
  #decision: Decision | undefined;
  /** Undefined as long as it is not known whether markers are lost. */
  #isCut: boolean | undefined;
  #seen: number | undefined;

  /** `remembered` is the decision if this process has come to own the partition, and could not finish it. */
  constructor(cluster: Cluster, options: SessionOptions & GroupPartition, remembered?: Decision) {
    this.#cluster = cluster;
    this.#options = options;
    this.#decision = remembered;
  }

  /** The decision, if something may have to be finished as it says. */
  get unfinished(): Decision | undefined {
    return this.#isCut === false ? undefined : this.#decision;
  }

  /** The offset that it committed, if Kafka knew it before the take-over. Kafka may forget it afterwards. */
  get seen(): number | undefined {
    return this.#seen;
  }

  /**
   * To be called before each attempt to take over. Throws CONCURRENT_TRANSACTIONS while the markers of a commit are
   * written, OFFSET_MISSING if the transaction committed an offset that is gone, and LEADER_NOT_AVAILABLE if a partition
   * of the outputs has no leader, since nothing can be finished there.
   */
  async look(transactions: Broker): Promise<void> {
    partitionsWithLeader(this.#cluster, this.#options.outputs);
    const state = await transactionState(transactions, this.#options.transactionalId);
    this.#decision = state?.decision ?? this.#decision;
    this.#isCut = undefined;
    if (state?.decision !== 'commit') return;
    // Nobody can take over before that either; and afterwards nobody can tell that an offset was committed.
    if (!state.isComplete) throw createErrorFromCode(CONCURRENT_TRANSACTIONS);
    const settled = await this.#settledOffset();
    if (settled !== undefined && settled.offset !== NONE) this.#seen = settled.offset;
    if (settled?.offset === NONE && this.#options.mayStartAnew !== true) await this.#mustHaveNothingToRead();
    this.#isCut = settled === undefined || (await this.#hasOpenRecords(state));
  }

  /** The coordinator forgets the decision with the next owner: a later look could not tell that an offset was committed. */
  async #mustHaveNothingToRead(): Promise<void> {
    const { low, high } = await boundsOf(this.#cluster, this.#options);
    const isMadeAnew = (this.#options.known ?? 0) > high;
    if (high > low && !isMadeAnew) throw missingOffset(this.#options);
  }

  /** Finishes what was left, and returns the offset at which the previous owner ended. */
  async finish(writer: TransactionalWriter): Promise<CommittedOffset> {
    const { outputs } = this.#options;
    if (this.#isCut) await writer.finish(outputs, 'commit');
    let committed = await this.#settledOffset();
    if (committed === undefined) {
      // Without a known decision the rows are written again: they may be doubled, but none is lost.
      await writer.finish(outputs, this.#decision ?? 'abort');
      committed = await whileMarkersAreWritten(() => this.#committedOffset());
    }
    if (this.#isCut === undefined && (await this.#hasOpenRecords(writer))) {
      // The offset has its marker. Without a known decision the rows become visible, for the same reason.
      await writer.finish(outputs, this.#decision ?? 'commit');
    }
    return committed;
  }

  #hasOpenRecords({ producerId }: Pick<TransactionState, 'producerId'>): Promise<boolean> {
    return hasOpenRecords(this.#cluster, this.#options.outputs, producerId);
  }

  /** Undefined if the offset stays in a transaction. */
  async #settledOffset(): Promise<CommittedOffset | undefined> {
    try {
      return await whileMarkersAreWritten(() => this.#committedOffset(), MARKERS_ARE_LOST_MS);
    } catch (thrown) {
      if (protocolType(thrown) !== 'UNSTABLE_OFFSET_COMMIT') throw thrown;
      return undefined;
    }
  }

  async #committedOffset(): Promise<CommittedOffset> {
    const coordinator = await this.#cluster.findGroupCoordinator({ groupId: this.#options.group, coordinatorType: 0 });
    return await fetchCommittedOffset(coordinator, this.#options);
  }
}
