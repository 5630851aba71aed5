import type { Interval } from '../business-date';

interface Lock {
  /** 'start/end'. */
  readonly interval: string;
  readonly groupId: string;
  readonly priority: number | undefined;
}

interface Task {
  readonly id: string;
  readonly groupId: string;
}

/** The locks that overlap `interval`. */
export function locksIn<T extends Lock>(locks: readonly T[], { start, end }: Interval): T[] {
  return locks.filter(({ interval }) => {
    const [from = '', to = ''] = interval.split('/');
    return new Date(from) < new Date(end) && new Date(to) > new Date(start);
  });
}

/** The tasks that hold locks, with the number of locks and the first one, short enough for one line. */
export function describeLocks(locks: readonly Lock[], tasks: readonly Task[]): string {
  const groups = new Map<string, Lock[]>();
  for (const lock of locks) groups.set(lock.groupId, [...(groups.get(lock.groupId) ?? []), lock]);
  return [...groups]
    .map(([groupId, held]) => {
      const ids = tasks.filter((task) => task.groupId === groupId).map(({ id }) => id);
      const [first] = held.map(({ interval }) => interval).sort();
      const holder = ids.length === 0 ? `the group ${groupId}` : ids.join(' or ');
      const more = held.length === 1 ? '' : ` and ${held.length - 1} more`;
      return `${holder}: lock ${first ?? ''}${more}, priority ${held[0]?.priority ?? 'unknown'}`;
    })
    .join('; ');
}
