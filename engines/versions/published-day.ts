import { lstat, mkdir, open, readFile, readdir, realpath, rename, rm, symlink, utimes } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import * as z from 'zod';
import { parseBusinessDate, type BusinessDate } from '../../domain/business-date';
import type { DayManifest } from '../../domain/day-manifest';
import { DaybreakError, messageOf, hasCode } from '../../domain/errors';
import { withFileLock } from '../../clients/storage/local/file-lock';
import { ignoreMissing, isAbsent } from '../../clients/storage/local/fs-errors';
import { keptVersions, removeLeftovers, removeOldVersions, scratchIn, unique, versionsFolder } from './kept-versions';
import { QUARANTINE_FILE } from './quarantine';

export const MANIFEST_FILE = '_manifest.json';
/** The file with what an incremental build needs in addition to the manifest. Not part of the contract. */
export const STATE_FILE = '.build-state.json';

/** A day as it was published. It does not change when the day is built again, until retention removes it. */
export interface PublishedDay {
  /** Absolute path of the version behind <output>/<date>. */
  readonly folder: string;
  readonly manifest: DayManifest;
}

/**
 * The published day; undefined if there is none. Readers that open several files must open them below `folder`:
 * <output>/<date> is a link that a build may switch to another version between two of their calls.
 */
export async function readPublishedDay(output: string, date: BusinessDate): Promise<PublishedDay | undefined> {
  const folder = await currentVersion(output, date);
  return folder === undefined ? undefined : readVersion(folder);
}

/** The parts of a manifest that name files. Builds link these files into the next version, and Druid reads them. */
const filesSchema = z.object({
  hours: z.array(z.object({ file: z.string().regex(/^\d\d\.ndjson$/), bytes: z.number() })),
  inputs: z.array(z.unknown()),
  quarantine: z.object({ file: z.literal(QUARANTINE_FILE) }).optional(),
});

/** The version at a path that is not a link; undefined if there is none, or if no build wrote it. */
export async function readVersion(path: string): Promise<PublishedDay | undefined> {
  try {
    if ((await lstat(path)).isSymbolicLink()) return undefined;
    const folder = await realpath(path);
    const manifest = JSON.parse(await readFile(join(folder, MANIFEST_FILE), 'utf8')) as DayManifest; // Builds write it.
    return filesSchema.safeParse(manifest).success ? { folder, manifest } : undefined;
  } catch (thrown) {
    // A loss of power can leave a broken manifest. If `output` is not a folder, the day's build reports that.
    if (isAbsent(thrown) || thrown instanceof SyntaxError) return undefined;
    throw thrown;
  }
}

/**
 * Absolute path of the output of Spark's driver in the day's last build with it. It is outside the versions, which do
 * not keep it.
 */
export function sparkLogOf(output: string, date: BusinessDate): string {
  return join(versionsFolder(output, date), '.spark.log');
}

/** A new folder for a build of the day, on the file system of its output. */
export async function beginVersion(output: string, date: BusinessDate): Promise<string> {
  await refuseForeignDay(output, date);
  const versions = versionsFolder(output, date);
  const folder = scratchIn(versions);
  await mkdir(folder, { recursive: true });
  await removeLeftovers(versions);
  return folder;
}

/**
 * Absolute path of the day's current version; undefined if there is none. Throws OUTPUT_FAILED if the day is a link to
 * another place, which Daybreak did not make.
 */
export async function currentVersion(output: string, date: BusinessDate): Promise<string | undefined> {
  const path = join(output, parseBusinessDate(date));
  try {
    const [root, folder] = await Promise.all([realpath(output), realpath(path)]);
    if (folder === join(root, date) || dirname(folder) === versionsFolder(root, date)) return folder;
    throw foreign(output, path, `leads to ${folder} and was not published by Daybreak`);
  } catch (thrown) {
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

/** Whether every file of the version is there. */
export async function isWhole({ folder, manifest }: PublishedDay): Promise<boolean> {
  const files = manifest.hours.map(({ file, bytes }) => ({ file, bytes }));
  const sizes = await Promise.all(
    files.map(async ({ file }) => (await lstat(join(folder, file)).catch(ignoreMissing))?.size),
  );
  if (files.some(({ bytes }, index) => sizes[index] !== bytes)) return false;
  const { quarantine } = manifest;
  return quarantine === undefined || (await lstat(join(folder, quarantine.file)).catch(ignoreMissing)) !== undefined;
}

export interface NewVersion {
  readonly built: string;
  readonly id: string;
  /** The result of `currentVersion` before the input was listed. */
  readonly since: string | undefined;
  readonly keep: number;
}

/**
 * Makes the built folder the day's version `id`, and <output>/<date> a link to it. One rename replaces the link, so
 * that at no moment the day is missing or half there. Keeps the latest `keep` versions. Resolves to false, and does
 * nothing, if another process published another version meanwhile: its input may be newer. Throws BUILD_BUSY.
 */
export async function publishVersion(
  output: string,
  date: BusinessDate,
  { built, id, since, keep }: NewVersion,
): Promise<boolean> {
  await syncFiles(built);
  const versions = versionsFolder(output, date);
  return whilePublishing(output, date, async (signal) => {
    const current = await currentVersion(output, date);
    if (current !== since && current !== (await realpath(versions).then((path) => join(path, id)))) return false;
    signal.throwIfAborted();
    await switchLink(output, date, built, id);
    signal.throwIfAborted();
    await removeOldVersions(output, date, keep);
    return true;
  });
}

const LOCK = { stale: 10_000, retries: { retries: 60, minTimeout: 50, maxTimeout: 500 } };

/**
 * Locks only while a version takes its place, for some milliseconds: other processes must not remove it as old before
 * it is linked. Throws BUILD_BUSY if another process does not end, or takes the lock because this process stood still.
 */
function whilePublishing<T>(output: string, date: BusinessDate, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const versions = versionsFolder(output, date);
  const busy = (what: string, cause?: unknown): DaybreakError =>
    new DaybreakError('BUILD_BUSY', {
      what: `${date} cannot be published in ${output}: ${what}`,
      remedy: 'Build again; the published day is whole.',
      cause,
    });
  return withFileLock(
    versions,
    {
      ...LOCK,
      busy: () => busy(`another build holds ${versions}.lock`),
      lost: (cause) =>
        busy(`${versions}.lock was lost, because this process stood still or somebody removed it`, cause),
    },
    work,
  );
}

/**
 * Syncs the manifest, so that a loss of power leaves no version without it. It does not wait for gigabytes of rows: the
 * manifest has their size, and a version whose files differ from it is built again.
 */
async function syncFiles(folder: string): Promise<void> {
  for (const name of [MANIFEST_FILE, STATE_FILE, '.']) {
    const file = await open(join(folder, name));
    await file.sync().finally(() => file.close());
  }
}

async function switchLink(output: string, date: BusinessDate, built: string, id: string): Promise<void> {
  const versions = versionsFolder(output, date);
  const version = join(versions, id);
  try {
    await rename(built, version);
  } catch (thrown) {
    // The same content was published before, by another process or long ago. The files of the new build replace the old
    // ones: what they record of the inputs is newer, and all else is equal unless it was lost or broken.
    if (!hasCode(thrown, 'ENOTEMPTY') && !hasCode(thrown, 'EEXIST')) throw thrown;
    for (const name of await readdir(built)) await rename(join(built, name), join(version, name));
    await rm(built, { recursive: true, force: true });
  }
  await linkTo(output, date, version);
}

/** Makes <output>/<date> a link to the version, by one rename. */
async function linkTo(output: string, date: BusinessDate, version: string): Promise<void> {
  const now = new Date();
  await utimes(version, now, now);
  const versions = versionsFolder(output, date);
  const link = join(versions, unique('link'));
  await symlink(relative(output, version), link);
  await rename(link, join(output, date));
}

/**
 * Makes a kept version the day's current one again. Throws NOT_BUILT if it is not kept, and BUILD_BUSY as
 * `publishVersion` does.
 */
export async function republishVersion(output: string, date: BusinessDate, id: string): Promise<void> {
  await refuseForeignDay(output, date);
  if (!(await keptVersions(output, date)).includes(id)) {
    throw new DaybreakError('NOT_BUILT', {
      what: `${output} keeps no version '${id}' of ${date}`,
      remedy: 'Give one that npx daybreak batch restore names.',
    });
  }
  const versions = versionsFolder(output, date);
  await whilePublishing(output, date, () => linkTo(output, date, join(versions, id)));
}

async function refuseForeignDay(output: string, date: BusinessDate): Promise<void> {
  const versions = versionsFolder(output, date);
  const path = join(output, date);
  const status = await lstat(path).catch(ignoreMissing);
  if (status !== undefined && !status.isSymbolicLink()) {
    throw foreign(output, path, 'exists and was not published by Daybreak');
  }
  for (const folder of [dirname(versions), versions]) {
    if ((await lstat(folder).catch(ignoreMissing))?.isSymbolicLink() !== true) continue;
    throw foreign(output, folder, 'is a link, through which a build would write elsewhere');
  }
}

function foreign(output: string, path: string, what: string): DaybreakError {
  return new DaybreakError('OUTPUT_FAILED', {
    what: `${path} ${what}`,
    remedy: `Move it away; Daybreak publishes a day as a link to a folder in ${join(output, '.versions')}.`,
  });
}

/** An error of the output's file system, with the place and the remedy. */
export function outputFailed(output: string, cause: unknown): DaybreakError {
  const message = messageOf(cause);
  const full = /no space|ENOSPC|EDQUOT|quota/i.test(message);
  return new DaybreakError('OUTPUT_FAILED', {
    what: `the day cannot be written to ${output}: ${message.split('\n')[0] ?? message}`,
    remedy: `${full ? 'Free space there' : 'Make the folder writable'}, then build again; the published day is untouched.`,
    cause,
  });
}
