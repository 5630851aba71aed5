/** A bad record, as a line of `_quarantine.ndjson`. */
export interface QuarantinedRecord {
  /** Relative to the input folder. */
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly reason: string;
  /** The line; what is no UTF-8 in it is replaced. */
  readonly text: string;
  /** The bytes of a line that is no UTF-8. */
  readonly base64?: string;
}

export const QUARANTINE_FILE = '_quarantine.ndjson';
