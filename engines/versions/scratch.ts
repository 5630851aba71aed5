import { randomBytes } from 'node:crypto';
import { lstat, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { ignoreMissing } from '../../clients/storage/local/fs-errors';
import { hasCode } from '../../domain/errors';

const DAY = 24 * 3_600_000;
/** The names that this process has made. They are never leftovers, whatever the clock says: it may go back. */
const own = new Set<string>();

/**
 * Removes leftovers of killed builds, or of killed copies of a pipeline: those of this machine once their process has
 * ended, all others after a day.
 */
export async function removeLeftovers(folder: string): Promise<void> {
  for (const name of (await readdir(folder).catch(ignoreMissing)) ?? []) {
    const [, host, pid] = /^\.(?:building|copying|link|rubbish)-(.+)-(\d+)-[0-9a-f]+$/.exec(name) ?? [];
    if (host === undefined || own.has(name)) continue;
    const path = join(folder, name);
    const age = await ageOf(path);
    const dead = age > DAY || (host === hostname() && (!isRunning(Number(pid)) || isPredecessor(Number(pid), age)));
    if (dead) await rm(path, { recursive: true, force: true });
  }
}

/** A new path beside a day's versions for what one process needs for a while; see `removeLeftovers`. */
export function scratchIn(versions: string): string {
  return join(versions, unique('building'));
}

export function unique(purpose: string): string {
  const name = `.${purpose}-${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
  own.add(name);
  return name;
}

/**
 * Whether a leftover with this process's number is from an earlier process with that number: every container has a
 * process 1.
 */
function isPredecessor(pid: number, age: number): boolean {
  return pid === process.pid && Date.now() - age < performance.timeOrigin;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return hasCode(thrown, 'EPERM');
  }
}

/** Whether nothing has changed in a file or a folder itself for more than a day. */
export async function isOlderThanADay(path: string): Promise<boolean> {
  return (await ageOf(path)) > DAY;
}

async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - (await lstat(path)).mtimeMs;
  } catch {
    return 0; // Already removed.
  }
}
