import { createReadStream } from 'node:fs';
import { link, lstat, mkdir, open, readFile, readdir, realpath, rename, rm, symlink, utimes } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { withFileLock } from '../../../clients/storage/local/file-lock';
import { ignoreMissing, isAbsent, localError } from '../../../clients/storage/local/fs-errors';
import { replaceFile } from '../../../clients/storage/local/replace-file';
import { parseBusinessDate, type BusinessDate } from '../../../domain/business-date';
import { DaybreakError, hasCode } from '../../../domain/errors';
import { MANIFEST_FILE, STATE_FILE, type DayOutput, type NewVersion, type PublishedDay } from '../day-output';
import { removeLeftovers, scratchIn, unique } from '../scratch';
import { notKept, type DayOf } from '../output-errors';
import { readVersion, versionAt } from './day-version';
import {
  keptVersions,
  lastServed,
  markServed,
  removeOldVersions,
  servedVersions,
  versionsFolder,
} from './kept-versions';

/**
 * A local folder: <output>/<date> is a link to <output>/.versions/<date>/<version>, and one rename replaces the link.
 * Readers that open several files must open them below the version's own folder: a build may switch the link between
 * two of their calls. Versions share the files of unchanged hours as hard links.
 *
 * @param output absolute path.
 */
export function localOutput(output: string, date: BusinessDate, pipeline?: string): DayOutput {
  const versions = versionsFolder(output, date);
  /** A day that somebody copied without its links is its own version, which has the name of its date. */
  const folderOf = (version: string): string =>
    version === date ? join(output, date) : join(versions, basename(version));

  return {
    date,
    place: output,
    scratch: versions,
    currentVersion: async () => {
      const folder = await currentFolder(output, date).catch(refused(output));
      return folder && basename(folder);
    },
    read: (version) => readVersion(folderOf(version)).catch(refused(folderOf(version))),
    versionAt: (folder) => versionAt(output, { date, pipeline }, folder).catch(refused(folder)),
    isWhole: (day) => isWhole(day).catch(refused(day.folder)),
    builtAt: async (version) =>
      (
        await lstat(folderOf(version))
          .catch(ignoreMissing)
          .catch(refused(folderOf(version)))
      )?.mtimeMs,
    keptVersions: () => keptVersions(output, date).catch(refused(versions)),
    servedVersions: () => servedVersions(output, date).catch(refused(versions)),
    lastServed: () => lastServed(output, date).catch(refused(versions)),
    readState: (version) =>
      readFile(join(folderOf(version), STATE_FILE), 'utf8')
        .catch(ignoreMissing)
        .catch(refused(folderOf(version))),
    writeState: (version, text) => replaceState(folderOf(version), text),
    async *readPart(version, file, range) {
      const path = join(folderOf(version), file);
      try {
        // The stream has no encoding.
        yield* createReadStream(path, range) as AsyncIterable<Buffer>;
      } catch (thrown) {
        throw localError(thrown, `reading ${path}`, path);
      }
    },
    localFile: (version, file) => Promise.resolve(join(folderOf(version), file)),
    httpUrls: () => Promise.resolve(undefined),
    begin: () => beginVersion(output, date),
    publish: (version) => publishVersion(output, date, version),
    confirm: (version) => utimes(folderOf(version), new Date(), new Date()),
    republish: (version) => republishVersion(output, { date, pipeline }, version),
    markServed: (version, by) => markServed(folderOf(version), by),
  };
}

/** Throws an error of the file system with its place and a remedy. For `catch`. */
function refused(path: string): (thrown: unknown) => never {
  return (thrown) => {
    throw localError(thrown, `reading ${path}`, path);
  };
}

/** The time of a version's folder says when it was published or found unchanged, which a new state does not change. */
async function replaceState(folder: string, text: string): Promise<void> {
  const { atimeMs, mtimeMs } = await lstat(folder);
  await replaceFile(join(folder, STATE_FILE), text);
  await utimes(folder, atimeMs / 1_000, mtimeMs / 1_000);
}

async function beginVersion(output: string, date: BusinessDate): Promise<string> {
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
async function currentFolder(output: string, date: BusinessDate): Promise<string | undefined> {
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

async function isWhole({ folder, manifest }: PublishedDay): Promise<boolean> {
  const files = manifest.hours.map(({ file, bytes }) => ({ file, bytes }));
  const sizes = await Promise.all(
    files.map(async ({ file }) => (await lstat(join(folder, file)).catch(ignoreMissing))?.size),
  );
  if (files.some(({ bytes }, index) => sizes[index] !== bytes)) return false;
  const { quarantine } = manifest;
  return quarantine === undefined || (await lstat(join(folder, quarantine.file)).catch(ignoreMissing)) !== undefined;
}

async function publishVersion(
  output: string,
  date: BusinessDate,
  { built, id, since, keep, takenOver }: NewVersion,
): Promise<boolean> {
  const versions = versionsFolder(output, date);
  for (const file of takenOver?.files ?? []) {
    await link(join(versions, takenOver?.from ?? '', file), join(built, file));
  }
  await syncFiles(built);
  return whilePublishing(output, date, async (signal) => {
    const current = await currentFolder(output, date);
    const name = current && basename(current);
    if (name !== since && name !== id) return false;
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
  const next = join(versions, unique('link'));
  await symlink(relative(output, version), next);
  await rename(next, join(output, date));
}

async function republishVersion(output: string, day: DayOf, id: string): Promise<void> {
  const { date } = day;
  await refuseForeignDay(output, date);
  const requireKept = async (): Promise<void> => {
    if (!(await keptVersions(output, date)).includes(id)) throw notKept(output, day, id);
  };
  // Without a version there is no folder beside which the lock can lie.
  await requireKept();
  await whilePublishing(output, date, async () => {
    // A build may have removed it as old meanwhile.
    await requireKept();
    await linkTo(output, date, join(versionsFolder(output, date), id));
  });
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
