import type { ErrorCode } from '../errors';

/**
 * What a failed task's own words mean for us: a lock that a task of higher priority took away, rows that Druid cannot
 * read, or anything else, such as a server that went away, which another try may survive.
 */
export function taskFailureCode(
  reason: string,
): Extract<ErrorCode, 'DRUID_LOCK_REVOKED' | 'DRUID_BAD_ROWS' | 'DRUID_TASK_FAILED'> {
  if (/revoked|preempted|not covered by locks/i.test(reason)) return 'DRUID_LOCK_REVOKED';
  if (/parse ?exception|unparseable|could not be parsed|unable to parse/i.test(reason)) return 'DRUID_BAD_ROWS';
  return 'DRUID_TASK_FAILED';
}
