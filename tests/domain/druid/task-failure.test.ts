import { taskFailureCode } from '../../../domain/druid/task-failure';

// The messages of Druid 33.
it.each([
  ['The lock for interval[2026-11-20T15:00:00.000Z/2026-11-21T15:00:00.000Z] is preempted and no longer valid'],
  ['Segments[[events_2026]] are not covered by locks[[TimeChunkLock{}]] for task[daybreak_events]'],
  ['Some locks for task[daybreak_events] are already revoked'],
])('tells a lock that was taken away: %s', (reason) => {
  expect(taskFailureCode(reason)).toBe('DRUID_LOCK_REVOKED');
});

it('tells rows that Druid cannot read', () => {
  expect(taskFailureCode('java.lang.RuntimeException: Max parse exceptions[0] exceeded')).toBe('DRUID_BAD_ROWS');
});

it.each([
  ['This task disappeared on the worker where it was assigned. See overlord logs for more details.'],
  ['Shutdown request from user'],
  ['without a reason'],
])('lets everything else be tried again: %s', (reason) => {
  expect(taskFailureCode(reason)).toBe('DRUID_TASK_FAILED');
});
