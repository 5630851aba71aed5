import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';

/**
 * How many processors this process may keep busy: those that it may run on, but not more than its container's limit,
 * rounded up. Node knows of that limit only from version 22 on. Threads beyond it would take memory and wait.
 *
 * @param root the root of the file system.
 */
export function processors(root = '/'): number {
  return Math.min(availableParallelism(), containerLimit(join(root, 'sys/fs/cgroup')));
}

/** As control groups of version 2 and then of version 1 say it. Infinity without a limit. */
function containerLimit(groups: string): number {
  const [quota = NaN, period = NaN] =
    numbersIn(join(groups, 'cpu.max')) ??
    ['cpu.cfs_quota_us', 'cpu.cfs_period_us'].flatMap((file) => numbersIn(join(groups, 'cpu', file)) ?? []);
  return quota > 0 && period > 0 ? Math.ceil(quota / period) : Infinity;
}

/** The numbers of a file, NaN for a word such as `max`. Undefined if it cannot be read. */
function numbersIn(file: string): number[] | undefined {
  try {
    return readFileSync(file, 'utf8').trim().split(' ').map(Number);
  } catch {
    return undefined;
  }
}
