import { DaybreakError, type ErrorCode } from '../../domain/errors';

export type StorageErrorCode = Extract<ErrorCode, `STORAGE_${string}`>;

/** One sentence says what failed, where and with which value. Another says what can be done. */
export interface StorageTrouble {
  readonly code: StorageErrorCode;
  readonly why: string;
  readonly remedy: string;
}

/**
 * `doing` is like 'reading s3://bucket/key'. Has no cause: the errors of clients hold requests with their credentials.
 */
export function storageError(doing: string, { code, why, remedy }: StorageTrouble): DaybreakError {
  return new DaybreakError(code, { what: `${doing} failed: ${why}`, remedy });
}

export function absent(doing: string): DaybreakError {
  return storageError(doing, {
    code: 'STORAGE_CHANGED',
    why: 'it is not there, or not any more',
    remedy: 'Bring it back, or run again: the next run lists what is there.',
  });
}

export function changed(doing: string): DaybreakError {
  return storageError(doing, {
    code: 'STORAGE_CHANGED',
    why: 'somebody wrote to it meanwhile',
    remedy: 'Run again once its writer has finished; it is tried again by itself where a workflow does it.',
  });
}

/** An answer that breaks the storage's protocol. It stays so until somebody mends the storage, or what is before it. */
export function wrongAnswer(doing: string, why: string): DaybreakError {
  return storageError(doing, {
    code: 'STORAGE_REFUSED',
    why,
    remedy: 'Ask who runs the storage, or a proxy or gateway before it: this answer breaks its protocol.',
  });
}

/** Whether an object was not, or no longer, the expected one. */
export function isChanged(thrown: unknown): boolean {
  return thrown instanceof DaybreakError && thrown.code === 'STORAGE_CHANGED';
}

/** A name that the storage does not allow. */
export function badKey(key: string, why: string): DaybreakError {
  return new DaybreakError('STORAGE_REFUSED', {
    what: `the name ${JSON.stringify(key)} ${why}`,
    remedy: 'Correct files.pattern or the location: names have parts with / between them, and none is empty, . or ..',
  });
}

/** The code of a Node error or of one of its causes, for example 'ECONNRESET'. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null) return undefined;
  if ('code' in thrown && typeof thrown.code === 'string') return thrown.code;
  return 'cause' in thrown ? systemCode(thrown.cause) : undefined;
}
