import type { AbortedTransaction } from './fetch';
import type { Batch } from './fetched-batches';

/** The producers and offset ranges whose records are to be skipped. */
export class AbortedTransactions {
  readonly #pending: AbortedTransaction[];
  readonly #open = new Set<bigint>();

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#pending = [...aborted].sort((left, right) => left.firstOffset - right.firstOffset);
  }

  isAborted(batch: Batch): boolean {
    if (!batch.isTransactional) return false;
    this.#openUpTo(batch);
    return this.#open.has(batch.producerId);
  }

  /**
   * A control batch ends the transaction of its producer, by an abort or a commit. The fetch may hold no other batch of
   * the transaction.
   */
  end(batch: Batch): void {
    this.#openUpTo(batch);
    this.#open.delete(batch.producerId);
  }

  #openUpTo({ lastOffset }: Batch): void {
    for (let next = this.#pending[0]; next !== undefined && next.firstOffset <= lastOffset; next = this.#pending[0]) {
      this.#open.add(next.producerId);
      this.#pending.shift();
    }
  }
}
