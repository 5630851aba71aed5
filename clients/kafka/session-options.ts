export interface SessionOptions {
  /** The partition that is read. */
  readonly topic: string;
  readonly partition: number;
  /** The consumer group that commits the offsets. */
  readonly group: string;
  /** The same for every owner of this partition. Taking it over fences the previous owner. */
  readonly transactionalId: string;
  /** The topics that are written. */
  readonly outputs: readonly string[];
  /** An offset that an owner before is known to have committed, or a later one. Default: none. */
  readonly known?: number;
  /** Whether a missing offset does no harm, so that the session then starts at the first record. Default: it does. */
  readonly mayStartAnew?: boolean;
}
