import type { PreviousBuild } from './build-state';
import type { DayPlan, SourceHour } from './day-plan';
import { hashFile, hashSmallFile } from './hash-file';
import { unreadable, type ListedFile } from './input-files';

type Changes = Pick<DayPlan, 'sources' | 'changed' | 'previous'>;

const SMALL_BYTES = 256 * 1024;

/**
 * Groups the input by hour and finds the hours whose files are not those of the previous build: every one without a
 * previous build. A file is hashed only where its size is the same and its time is not.
 */
export async function findChanges(files: readonly ListedFile[], build: PreviousBuild | undefined): Promise<Changes> {
  const sources = new Map<string, ListedFile[]>();
  for (const file of files) {
    const ofHour = sources.get(file.hour);
    if (ofHour === undefined) sources.set(file.hour, [file]);
    else ofHour.push(file);
  }
  if (build === undefined) return { sources, changed: new Set(sources.keys()), previous: new Map() };
  const previous = sourcesOf(build);
  const changed = new Set([...previous.keys()].filter((hour) => !sources.has(hour)));
  for (const [hour, ofHour] of sources) {
    if (await differs(ofHour, previous.get(hour), build)) changed.add(hour);
  }
  return { sources, changed, previous };
}

function sourcesOf({ manifest, state }: PreviousBuild): Map<string, SourceHour> {
  const sources = new Map(
    state.sources.map((source) => [source.hour, { ...source, files: [...manifest.inputs].slice(0, 0) }]),
  );
  for (const file of manifest.inputs) sources.get(file.hour)?.files.push(file);
  return sources;
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
    if ((await hashOf(file)) !== known.sha256) return true;
  }
  return false;
}

async function hashOf({ path, bytes }: ListedFile): Promise<string> {
  try {
    return bytes <= SMALL_BYTES ? hashSmallFile(path) : (await hashFile(path)).sha256;
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
