import { DaybreakError, hasCode, messageOf } from '../../../domain/errors';
import { absent, storageError, systemCode } from '../errors';

/** Whether the error says that a file or folder does not exist. */
export function isMissing(thrown: unknown): boolean {
  return hasCode(thrown, 'ENOENT');
}

/** Returns undefined if a file or folder does not exist; throws any other error. For `catch`. */
export function ignoreMissing(thrown: unknown): undefined {
  if (isMissing(thrown)) return undefined;
  throw thrown;
}

/** Whether the path does not exist, also because a file is in the place of a folder. */
export function isAbsent(thrown: unknown): boolean {
  return isMissing(thrown) || hasCode(thrown, 'ENOTDIR');
}

/** Returns undefined if `isAbsent`; throws any other error. For `catch`. */
export function ignoreAbsent(thrown: unknown): undefined {
  if (isAbsent(thrown)) return undefined;
  throw thrown;
}

/** An error of the file system, with a remedy. */
export function localError(thrown: unknown, doing: string, path: string): unknown {
  if (thrown instanceof DaybreakError) return thrown;
  const code = systemCode(thrown);
  const why = messageOf(thrown);
  switch (code) {
    case undefined:
      return thrown;
    case 'ENOENT':
      return absent(doing);
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return storageError(doing, {
        code: 'STORAGE_REFUSED',
        why,
        remedy: `Give this user the right: ls -ld '${path}', then chown or chmod.`,
      });
    case 'ENOSPC':
    case 'EDQUOT':
      return storageError(doing, { code: 'STORAGE_FAILED', why, remedy: `Free space: df -h '${path}'.` });
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ELOOP':
    case 'ENAMETOOLONG':
    case 'ENXIO':
      return storageError(doing, {
        code: 'STORAGE_REFUSED',
        why,
        remedy: `Move what is there away: ls -l '${path}'.`,
      });
    default:
      return storageError(doing, { code: 'STORAGE_FAILED', why, remedy: 'See that the disk or the share is well.' });
  }
}
