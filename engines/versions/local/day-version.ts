import { lstat, readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DaybreakError } from '../../../domain/errors';
import { ignoreMissing, isAbsent } from '../../../clients/storage/local/fs-errors';
import { MANIFEST_FILE, parseManifest, type PublishedDay } from '../day-output';
import { notKept, type DayOf } from '../output-errors';
import { versionsFolder } from './kept-versions';

/** The version at a path that is not a link; undefined if there is none, or if no build wrote it. */
export async function readVersion(path: string): Promise<PublishedDay | undefined> {
  try {
    if ((await lstat(path)).isSymbolicLink()) return undefined;
    const folder = await realpath(path);
    const manifest = parseManifest(await readFile(join(folder, MANIFEST_FILE), 'utf8'));
    return manifest && { version: basename(folder), folder, manifest };
  } catch (thrown) {
    // If `output` is not a folder, the day's build reports that.
    if (isAbsent(thrown)) return undefined;
    throw thrown;
  }
}

/**
 * The version of a day at `path`, which a caller gave. Throws OUTPUT_FAILED if the path cannot be that of a version of
 * the day, or if a link replaces the version or one of its files; NOT_BUILT if the version is not kept.
 *
 * @param output absolute path of the pipeline's output folder. Links may lead to it.
 */
export async function versionAt(output: string, day: DayOf, path: string): Promise<PublishedDay> {
  const { date } = day;
  const root = (await realpath(output).catch(ignoreMissing)) ?? output;
  const name = basename(path);
  const isPlace = [output, root].some((one) => dirname(path) === versionsFolder(one, date)) && !name.startsWith('.');
  if (!isPlace) throw noVersion(path, `is no version of ${date} in ${output}`);
  const place = join(versionsFolder(root, date), name);
  const version = await readVersion(place);
  if (version === undefined) throw notKept(output, day, name);
  if (version.folder !== place) throw noVersion(path, `leads to ${version.folder}`);
  for (const { file } of version.manifest.hours) {
    const status = await lstat(join(place, file)).catch(ignoreMissing);
    if (status !== undefined && !status.isFile()) throw noVersion(join(path, file), 'is no regular file');
  }
  return version;
}

function noVersion(path: string, what: string): DaybreakError {
  return new DaybreakError('OUTPUT_FAILED', {
    what: `${JSON.stringify(path)} ${what}`,
    remedy: 'Run the day again; Daybreak publishes a version as a folder of regular files.',
  });
}
