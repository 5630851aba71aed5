import type { ErrorCode } from '../errors';

/**
 * The code for a failed task's own message: a lock that a task of higher priority took, rows that Druid cannot read, or
 * anything else. Another try may succeed after the last kind, for example after a server went away.
 */
export function taskFailureCode(
  reason: string,
): Extract<ErrorCode, 'DRUID_LOCK_REVOKED' | 'DRUID_BAD_ROWS' | 'DRUID_TASK_FAILED'> {
  if (/revoked|preempted|not covered by locks/i.test(reason)) return 'DRUID_LOCK_REVOKED';
  if (/parse ?exception|unparseable|could not be parsed|unable to parse/i.test(reason)) return 'DRUID_BAD_ROWS';
  return 'DRUID_TASK_FAILED';
}
