import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';

/** An error of the output's file system, with the place and the remedy. */
export function outputFailed(output: string, cause: unknown): DaybreakError {
  const message = messageOf(cause);
  // DuckDB spills at most the disk space that was free when it began.
  const full = /no space|ENOSPC|EDQUOT|quota|failed to offload data block/i.test(message);
  return new DaybreakError('OUTPUT_FAILED', {
    what: `the day cannot be written to ${output}: ${message.split('\n')[0] ?? message}`,
    remedy: `${full ? 'Free space there' : (remedyOf(message) ?? 'Make the folder writable')}, then build again; the published day is untouched.`,
    cause,
  });
}

/** For what no right to write mends. */
function remedyOf(message: string): string | undefined {
  switch (/^(E[A-Z0-9]+): /.exec(message)?.[1] ?? '') {
    case 'EMFILE':
    case 'ENFILE':
      return 'Raise the limit of open files (ulimit -n)';
    case 'EOPNOTSUPP':
    case 'ENOTSUP':
    case 'EXDEV':
    case 'EMLINK':
    case 'ENAMETOOLONG':
      return 'Use a folder whose file system can do this';
    case 'ESTALE':
    case 'ETIMEDOUT':
    case 'EHOSTDOWN':
      return 'Check the file server and its mount';
    default:
      return undefined;
  }
}

/** Whose day it is, for remedies. */
export interface DayOf {
  readonly date: BusinessDate;
  /** Undefined for a build that no pipeline of a folder owns. */
  readonly pipeline: string | undefined;
}

/** A version that a caller named, and that retention has removed or nobody published. */
export function notKept(place: string, { date, pipeline }: DayOf, version: string): DaybreakError {
  const command = pipeline === undefined ? '' : `: npx daybreak batch run --pipeline ${pipeline} --date ${date}`;
  return new DaybreakError('NOT_BUILT', {
    what: `${place} keeps no version '${version}' of ${date}`,
    remedy: `Recompute the day${command === '' ? '.' : command}`,
  });
}
