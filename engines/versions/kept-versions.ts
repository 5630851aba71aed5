import { randomBytes } from 'node:crypto';
import { lstat, readdir, readlink, realpath, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseBusinessDate, type BusinessDate } from '../../domain/business-date';
import { DaybreakError, hasCode } from '../../domain/errors';
import { ignoreMissing } from '../../clients/storage/local/fs-errors';
import { replaceFile } from '../../clients/storage/local/replace-file';

/** A file in a version that Druid was proven to serve. Its time is that of the last proof. Not part of the contract. */
const SERVED_FILE = '.served';

const VERSIONS_FOLDER = '.versions';

/**
 * Absolute path of the folder with the versions of a day. Throws BAD_DATE: a date may come from a workflow's caller.
 */
export function versionsFolder(output: string, date: BusinessDate): string {
  return join(output, VERSIONS_FOLDER, parseBusinessDate(date));
}

/** The names of the day's kept versions, the latest published first. */
export function keptVersions(output: string, date: BusinessDate): Promise<string[]> {
  return latestFirst(versionsFolder(output, date), (version) => version);
}

/** The names of the versions that Druid has served, the one that it serves now first. */
export function servedVersions(output: string, date: BusinessDate): Promise<string[]> {
  return latestFirst(versionsFolder(output, date), (version) => join(version, SERVED_FILE));
}

/**
 * Records that Druid serves the version, an absolute path, with the task that loaded it. Throws OUTPUT_FAILED if the
 * path is not a version: it may come from a workflow's caller.
 */
export async function markServed(version: string, taskId: string): Promise<void> {
  const folder = await realpath(version);
  if (basename(dirname(dirname(folder))) !== VERSIONS_FOLDER) {
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `${version} is no version of a day that Daybreak published`,
      remedy: 'Run the day again.',
    });
  }
  await replaceFile(join(folder, SERVED_FILE), `${taskId}\n`);
}

/** The names of the versions that have the file that `dated` gives, the latest file first. */
async function latestFirst(versions: string, dated: (version: string) => string): Promise<string[]> {
  const entries = await readdir(versions, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map(({ name }) => name);
  const times = await Promise.all(
    names.map(async (name) => {
      const status = await lstat(dated(join(versions, name))).catch(ignoreMissing);
      return status === undefined ? [] : [{ name, at: status.mtimeMs }];
    }),
  );
  return times
    .flat()
    .sort((a, b) => b.at - a.at)
    .map(({ name }) => name);
}

/**
 * Keeps the latest `keep` versions, and as many that Druid has served: builds that the gate refused do not displace
 * these.
 */
export async function removeOldVersions(output: string, date: BusinessDate, keep: number): Promise<void> {
  const versions = versionsFolder(output, date);
  const [all, served] = [await keptVersions(output, date), await servedVersions(output, date)];
  const current = join(output, await readlink(join(output, date)));
  const kept = new Set([...all.slice(0, keep), ...served.slice(0, keep)]);
  for (const name of all) {
    if (kept.has(name) || join(versions, name) === current) continue;
    // Renamed first: an interrupted removal must not leave half a version under its name.
    const rubbish = join(versions, unique('rubbish'));
    await rename(join(versions, name), rubbish).catch(ignoreMissing);
    await rm(rubbish, { recursive: true, force: true });
  }
}

const DAY = 24 * 3_600_000;

/** Removes leftovers of killed builds: those of this machine once their process has ended, all others after a day. */
export async function removeLeftovers(versions: string): Promise<void> {
  for (const name of await readdir(versions)) {
    const [, host, pid] = /^\.(?:building|link|rubbish)-(.+)-(\d+)-[0-9a-f]+$/.exec(name) ?? [];
    if (host === undefined) continue;
    const path = join(versions, name);
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
  return `.${purpose}-${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`;
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

async function ageOf(path: string): Promise<number> {
  try {
    return Date.now() - (await lstat(path)).mtimeMs;
  } catch {
    return 0; // Already removed.
  }
}
