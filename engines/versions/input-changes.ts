import { isNeighbour } from '../../domain/file-hours';
import type { PreviousBuild } from './build-state';
import type { BuildPlan, SourceHour } from '../model/build-plan';
import { hashFile, hashSmallFile } from '../input/hash-file';
import type { ListedInput } from '../input/input-files';
import { SMALL_BYTES, unreadable, type ListedFile } from '../input/listed-file';

/** What of a day's input must be built. */
export interface Changes extends Pick<BuildPlan, 'sources' | 'changed' | 'previous'> {
  /**
   * Neighbouring hours whose files differ from those of the previous build. It is not known yet whether they have other
   * records of the day.
   */
  readonly touched: ReadonlySet<string>;
}

/**
 * Groups the input by source hour and finds the hours whose files differ from those of the previous build; all hours if
 * there is none. A file is hashed only if its size is the same and its stamp is not.
 */
export async function findChanges(
  { own, neighbours }: ListedInput,
  build: PreviousBuild | undefined,
): Promise<Changes> {
  const sources = byHour([...neighbours, ...own]);
  if (build === undefined) {
    return { sources, changed: new Set(sources.keys()), previous: new Map(), touched: new Set() };
  }
  const previous = sourcesOf(build);
  // A neighbouring hour that never had a record of the day is not missed.
  const gone = [...previous.values()].filter(({ hour, neighbour }) => !sources.has(hour) && neighbour?.records !== 0);
  const changed = new Set(gone.map(({ hour }) => hour));
  const touched = new Set<string>();
  for (const [hour, ofHour] of sources) {
    if (await differs(ofHour, previous.get(hour), build)) (isNeighbour(hour) ? touched : changed).add(hour);
  }
  return { sources, changed, previous, touched };
}

/** Whether a build would give the same as the previous one. */
export function isUnchanged(
  { changed, touched }: Changes,
  { missingHours }: ListedInput,
  { manifest }: PreviousBuild,
): boolean {
  return changed.size + touched.size === 0 && missingHours.join() === manifest.missingHours.join();
}

export function byHour<File extends { readonly hour: string }>(files: readonly File[]): Map<string, File[]> {
  const hours = new Map<string, File[]>();
  for (const file of files) {
    const ofHour = hours.get(file.hour);
    if (ofHour === undefined) hours.set(file.hour, [file]);
    else ofHour.push(file);
  }
  return hours;
}

function sourcesOf({ manifest, state }: PreviousBuild): Map<string, SourceHour> {
  const own = byHour(manifest.inputs);
  return new Map(
    state.sources.map(({ files, ...source }) => [
      source.hour,
      { ...source, files: files ?? own.get(source.hour) ?? [] },
    ]),
  );
}

async function differs(
  files: readonly ListedFile[],
  before: SourceHour | undefined,
  build: PreviousBuild,
): Promise<boolean> {
  if (before?.files.length !== files.length) return true;
  for (const [index, file] of files.entries()) {
    const known = before.files[index];
    if (known?.file !== file.file || known.bytes !== file.bytes) return true;
    if (file.stamp !== '' && build.state.stamps[file.file] === file.stamp) continue;
    // Of a file that was not read only the stamp is known.
    if (known.sha256 === '' || (await hashOf(file)) !== known.sha256) return true;
  }
  return false;
}

async function hashOf({ path, bytes, unread, fetch }: ListedFile): Promise<string> {
  await fetch?.();
  try {
    const small = bytes <= SMALL_BYTES && unread === undefined ? hashSmallFile(path, SMALL_BYTES) : undefined;
    return small ?? (await hashFile(path)).sha256;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
