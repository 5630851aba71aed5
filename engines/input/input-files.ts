import { realpathSync, statSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';
import { fileHours, sourceHourOf, type LocalHour } from '../../domain/file-hours';
import { fileNamingOf, type Pipeline } from '../../domain/pipeline';
import { ignoreMissing, isAbsent } from '../../clients/storage/local/fs-errors';
import { isWithin } from '../../clients/storage/local/safe-path';
import { versionOf } from '../../clients/storage/local/version';
import { dayNames, forDate, type DayNames } from './file-names';

/** One file of a day's input, as it was when the folder was listed. */
export interface ListedFile {
  /** Relative to the input folder. */
  readonly file: string;
  /** The path of the file itself if the name is a link. */
  readonly path: string;
  /** The hour of its source; see SourceHour. */
  readonly hour: string;
  readonly bytes: number;
  /** The time of its last change, in milliseconds since 1970. */
  readonly changedAt: number;
  /**
   * The file's size, inode, modification time (which tools can set) and inode change time (which they cannot). As long
   * as they stay the same, the file was not written. Empty if the file changed so recently that a later write could
   * have the same time.
   */
  readonly stamp: string;
  /** Why it is not read, if it is no file. */
  readonly unread?: string | undefined;
}

/** The files that a day is built from. */
export interface ListedInput {
  /** Files of the day's own hours, in the order of their names. */
  readonly own: readonly ListedFile[];
  /** Files of neighbouring hours, in the order of their names. */
  readonly neighbours: readonly ListedFile[];
  /** Local hours of the day that no file covers completely. */
  readonly missingHours: readonly string[];
}

/** Milliseconds; much more than the clock granularity of any file system. */
const SETTLED_AFTER = 2000;

/**
 * The files of a day and of the hours around it by the pipeline's pattern, also with .gz or .zst. Links within the
 * folder are followed. Files that match but are not read, such as a .bz2 or a folder, are included with the reason.
 * Throws NO_INPUT if the day has no file of its own. Throws UNREADABLE_INPUT if the folder or one of its files cannot
 * be read, or is a link that leads out of the folder: to skip it would lose its rows silently.
 */
export async function listInput(input: string, pipeline: Pipeline, date: BusinessDate): Promise<ListedInput> {
  const { pattern } = pipeline.files;
  const hours = fileHours(date, pipeline.timeZone, fileNamingOf(pipeline));
  // The day comes first: most names match it, and a day may have 86,400.
  const dates = [date, ...hours.dates.filter((other) => other !== date)];
  const names = dates.map((named) => ({ date: named, names: dayNames(pattern, named) }));
  const found: { readonly own: ListedFile[]; readonly neighbours: ListedFile[] } = { own: [], neighbours: [] };
  const present: LocalHour[] = [];
  for await (const entry of entriesOf(input, names)) {
    const named = hourOfFile(entry.file, names);
    const expected = named && hours.expectedAt(named);
    if (named === undefined || expected === undefined) continue;
    const path = entry.isLink ? followed(input, join(input, entry.file)) : join(input, entry.file);
    const file = listedFile(entry.file, sourceHourOf(expected), path);
    if (present.length % 4096 === 4095) await setImmediate();
    if (file === undefined) continue;
    present.push(named);
    found[expected.own ? 'own' : 'neighbours'].push(file);
  }
  if (found.own.length === 0) {
    const zone = pipeline.files.timeZone === undefined ? '' : `, named in ${pipeline.files.timeZone}`;
    throw new DaybreakError('NO_INPUT', {
      what: `${input} holds no file for ${date}; looked for ${forDate(pattern, date)}, also with .gz or .zst${zone}`,
      remedy: 'Check the folder, the date, and files.pattern in pipeline.yaml.',
    });
  }
  for (const files of [found.own, found.neighbours]) files.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { ...found, missingHours: hours.missing(present) };
}

interface DatedNames {
  readonly date: BusinessDate;
  readonly names: DayNames;
}

function hourOfFile(path: string, names: readonly DatedNames[]): LocalHour | undefined {
  for (const { date, names: ofDay } of names) {
    const hour = ofDay.hourOf(path);
    if (hour !== undefined) return { date, hour };
  }
  return undefined;
}

interface Entry {
  /** Relative to the input folder. */
  readonly file: string;
  readonly isLink: boolean;
}

/** The entries of the folders that can hold files of the days. No other folder is read. */
async function* entriesOf(input: string, names: readonly DatedNames[]): AsyncGenerator<Entry> {
  let folders = new Map([['', names.map((dated) => dated.names.segments)]]);
  const depth = (names[0]?.names.segments.length ?? 1) - 1;
  for (let level = 0; level < depth; level += 1) {
    const next = new Map<string, DayNames['segments'][]>();
    for (const [folder, days] of folders) {
      // Once for all days, and not at all if each knows the name.
      let listed: ReturnType<typeof readFolder> | undefined;
      const list = () => (listed ??= readFolder(input, folder));
      for (const segments of days) {
        for (const name of await foldersIn(input, folder, segments[level] ?? '', list)) {
          const path = join(folder, name);
          next.set(path, [...(next.get(path) ?? []), segments]);
        }
      }
    }
    folders = next;
  }
  for (const folder of folders.keys()) {
    for (const entry of await readFolder(input, folder)) {
      if (!entry.isFile() && !entry.isSymbolicLink() && !entry.isDirectory()) continue;
      yield { file: depth === 0 ? entry.name : join(folder, entry.name), isLink: entry.isSymbolicLink() };
    }
  }
}

/** The names of the folders in `folder` that match a part of the pattern. */
async function foldersIn(
  input: string,
  folder: string,
  segment: DayNames['segments'][number],
  list: () => ReturnType<typeof readFolder>,
): Promise<readonly string[]> {
  if (typeof segment === 'string') {
    const path = join(input, folder, segment);
    if ((await lstat(path).catch(ignoreMissing))?.isSymbolicLink() === true) followed(input, path);
    return [segment];
  }
  const entries = (await list()).filter(
    (entry) => segment.matches(entry.name) && (entry.isDirectory() || entry.isSymbolicLink()),
  );
  for (const entry of entries) if (entry.isSymbolicLink()) followed(input, join(input, folder, entry.name));
  return entries.map(({ name }) => name);
}

/**
 * Undefined if it is neither a file nor a folder. Synchronous: for a day of 86,400 files asynchronous calls cost more
 * than the whole build.
 */
function listedFile(file: string, hour: string, path: string): ListedFile | undefined {
  try {
    const status = statSync(path, { bigint: true });
    if (!status.isFile() && !status.isDirectory()) return undefined;
    const unread = status.isDirectory() ? A_FOLDER : undefined;
    const lastTouched = Math.max(Number(status.mtimeMs), Number(status.ctimeMs));
    const settled = Date.now() - lastTouched > SETTLED_AFTER;
    const stamp = settled ? versionOf(status) : '';
    const bytes = status.isDirectory() ? 0 : Number(status.size);
    return {
      file,
      path,
      hour,
      bytes,
      changedAt: Number(status.mtimeMs),
      stamp,
      ...(unread !== undefined && { unread }),
    };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

const A_FOLDER = 'it is a folder; where its files are the input, write files.pattern with /* behind its name';

/** Returns nothing if a folder below the input folder is missing. */
async function readFolder(input: string, folder: string) {
  try {
    return await readdir(join(input, folder), { withFileTypes: true });
  } catch (cause) {
    if (folder !== '' && isAbsent(cause)) return [];
    if (folder !== '') throw unreadable(join(input, folder), cause);
    throw new DaybreakError('NO_INPUT', {
      what: `the input folder ${input} cannot be read: ${messageOf(cause)}`,
      remedy: 'Give the folder into which the files are written.',
      cause,
    });
  }
}

/** The target of a link in the input folder. Throws UNREADABLE_INPUT unless the target is in the folder. */
function followed(input: string, link: string): string {
  let path: string;
  let root: string;
  try {
    [path, root] = [realpathSync(link), realpathSync(input)];
  } catch (cause) {
    throw unreadable(link, cause);
  }
  if (isWithin(root, path)) return path;
  throw unreadable(link, new Error(`it is a link to ${path}, out of the input folder`));
}

export function unreadable(path: string, cause: unknown): DaybreakError {
  return new DaybreakError('UNREADABLE_INPUT', {
    what: `the input file ${path} cannot be read: ${messageOf(cause)}`,
    remedy: 'Make it readable, or move it out of the input folder; nothing was published.',
    cause,
  });
}
