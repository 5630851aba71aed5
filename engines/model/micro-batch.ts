import type { WrongRows } from '../../domain/row-checks';

/** A row for the output topic. */
export interface OutputMessage {
  /** The key column as text; null if the column is null. */
  readonly key: string | null;
  /** The row as JSON, keys in the SQL's order, 64-bit integers exact. */
  readonly value: string;
}

/** A record that the validity rule rejects. */
export interface Reject {
  /** Position in the micro-batch. */
  readonly index: number;
  /** The reason, which names the column and what was found. */
  readonly reason: string;
}

export interface MicroBatchResult {
  readonly messages: readonly OutputMessage[];
  readonly rejects: readonly Reject[];
  /** Rows among the messages that the pipeline's checks find wrong; absent if it has no checks. */
  readonly wrong?: WrongRows | undefined;
}

/** Runs a pipeline's transform on one micro-batch after another. Only one call may run at a time. */
export interface MicroBatchTransform {
  /** Takes records as they are in Kafka. null is a tombstone, which is a reject. */
  run(values: readonly (Buffer | null)[]): Promise<MicroBatchResult>;
  close(): void;
}
