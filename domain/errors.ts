/**
 * The closed set of Daybreak's refusals and failures.
 *
 * `exit` is the exit code of a command that ends with it (1 failed, 2 wrong usage). `retry` says whether the same call
 * may succeed later without anybody's help.
 */
export const ERROR_CODES = {
  WRONG_USAGE: { exit: 2, retry: false },
  BAD_DATE: { exit: 2, retry: false },
  BAD_CONFIGURATION: { exit: 2, retry: false },
  UNKNOWN_PIPELINE: { exit: 2, retry: false },
  BAD_PIPELINE: { exit: 1, retry: false },
  BAD_TRANSFORM: { exit: 1, retry: false },
  BAD_TABLE: { exit: 1, retry: false },
  MULTIPLIED_ROWS: { exit: 1, retry: false },
  NO_INPUT: { exit: 1, retry: false },
  UNREADABLE_INPUT: { exit: 1, retry: true },
  OUTPUT_FAILED: { exit: 1, retry: true },
  STORAGE_FAILED: { exit: 1, retry: true },
  STORAGE_REFUSED: { exit: 1, retry: false },
  STORAGE_CHANGED: { exit: 1, retry: true },
  BUILD_BUSY: { exit: 1, retry: true },
  ENGINE_FAILED: { exit: 1, retry: true },
  CANCELLED: { exit: 1, retry: false },
  MISSING_TOOL: { exit: 1, retry: false },
  DOWNLOAD_FAILED: { exit: 1, retry: true },
  PORT_TAKEN: { exit: 1, retry: false },
  SERVER_FAILED: { exit: 1, retry: true },
  TEMPORAL_UNREACHABLE: { exit: 1, retry: true },
  TEMPORAL_REFUSED: { exit: 1, retry: false },
  KAFKA_UNREACHABLE: { exit: 1, retry: true },
  KAFKA_REFUSED: { exit: 1, retry: false },
  SHARD_FENCED: { exit: 1, retry: true },
  OFFSET_MISSING: { exit: 1, retry: true },
  DRUID_UNREACHABLE: { exit: 1, retry: true },
  DRUID_REFUSED: { exit: 1, retry: false },
  DRUID_TASK_FAILED: { exit: 1, retry: true },
  LOCKED: { exit: 1, retry: true },
  DRUID_LOCK_REVOKED: { exit: 1, retry: false },
  DRUID_BAD_ROWS: { exit: 1, retry: false },
  DRUID_READS_NOTHING: { exit: 1, retry: false },
  NOT_SETTLED: { exit: 1, retry: false },
  MISSING_HOURS: { exit: 1, retry: false },
  EMPTY_DAY: { exit: 1, retry: false },
  TOO_MANY_QUARANTINED: { exit: 1, retry: false },
  TOO_MANY_OUTSIDE: { exit: 1, retry: false },
  TRUNCATED_FILES: { exit: 1, retry: false },
  FILES_GONE: { exit: 1, retry: false },
  CHECK_FAILED: { exit: 1, retry: false },
  BATCH_SHORT: { exit: 1, retry: false },
  COMPACTION_CONFLICT: { exit: 1, retry: false },
  NOT_BUILT: { exit: 1, retry: false },
  UNREADABLE_VERSION: { exit: 1, retry: false },
  NOT_SERVED: { exit: 1, retry: false },
  PROOF_FAILED: { exit: 1, retry: false },
  DAYS_FAILED: { exit: 1, retry: false },
  WEBHOOK_FAILED: { exit: 1, retry: true },
  WEBHOOK_REFUSED: { exit: 1, retry: false },
  NOT_RUNNING: { exit: 1, retry: false },
  ALREADY_RUNNING: { exit: 1, retry: false },
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

export interface ErrorDetail {
  /** What failed, where, and with which value: one sentence without a full stop at its end. */
  readonly what: string;
  /** What the reader can do: one imperative sentence. */
  readonly remedy: string;
  readonly cause?: unknown;
}

/** The one error class of Daybreak. Its message always holds code, what and remedy. */
export class DaybreakError extends Error {
  override readonly name = 'DaybreakError';
  readonly code: ErrorCode;
  readonly what: string;
  readonly remedy: string;

  constructor(code: ErrorCode, { what, remedy, cause }: ErrorDetail) {
    super(`${code}: ${what}. ${remedy}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.what = what;
    this.remedy = remedy;
  }

  get retry(): boolean {
    return ERROR_CODES[this.code].retry;
  }
}

/** The same, if it is one that says what failed. Throws anything else. */
export function asDaybreakError(thrown: unknown): DaybreakError {
  if (thrown instanceof DaybreakError) return thrown;
  throw thrown;
}

/** Whether a Node error has this code, for example 'ENOENT'. */
export function hasCode(thrown: unknown, code: string): boolean {
  return typeof thrown === 'object' && thrown !== null && 'code' in thrown && thrown.code === code;
}

/** The message of anything that was thrown, for a `what`. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
