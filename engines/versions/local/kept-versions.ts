import { lstat, readFile, readdir, readlink, realpath, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseBusinessDate, type BusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import type { ServedBy, ServedVersion } from '../day-output';
import { unique } from '../scratch';
import { ignoreMissing } from '../../../clients/storage/local/fs-errors';
import { replaceFile } from '../../../clients/storage/local/replace-file';

/**
 * A file in a version that Druid was proven to serve, with the task that loaded it, and a second line if an operator
 * restored it. Its time is that of the last proof. Not part of the contract.
 */
const SERVED_FILE = '.served';
const RESTORED = 'restored';

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

/** The version that Druid serves now; undefined if no kept version was served. */
export async function lastServed(output: string, date: BusinessDate): Promise<ServedVersion | undefined> {
  const [version] = await servedVersions(output, date);
  if (version === undefined) return undefined;
  const file = join(versionsFolder(output, date), version, SERVED_FILE);
  const [, verdict] = (await readFile(file, 'utf8')).split('\n');
  return { version, at: (await lstat(file)).mtimeMs, isRestored: verdict === RESTORED };
}

/**
 * Records that Druid serves the version, an absolute path. Throws OUTPUT_FAILED if the path is not a version: it may come
 * from a workflow's caller.
 */
export async function markServed(version: string, { task, isRestored }: ServedBy): Promise<void> {
  const folder = await realpath(version);
  if (basename(dirname(dirname(folder))) !== VERSIONS_FOLDER) {
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `${version} is no version of a day that Daybreak published`,
      remedy: 'Run the day again.',
    });
  }
  await replaceFile(join(folder, SERVED_FILE), `${task}\n${isRestored ? `${RESTORED}\n` : ''}`);
}

/** The names of the versions that have the file that `dated` gives, the latest file first. */
async function latestFirst(versions: string, dated: (version: string) => string): Promise<string[]> {
  const entries = (await readdir(versions, { withFileTypes: true }).catch(ignoreMissing)) ?? [];
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
