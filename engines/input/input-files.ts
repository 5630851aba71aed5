import { realpathSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';
import { fileHours, sourceHourOf, type LocalHour } from '../../domain/file-hours';
import { fileNamingOf, type Pipeline } from '../../domain/pipeline';
import { isWithin } from '../../clients/storage/local/safe-path';
import { forDate, hourlyNames, type HourOfName } from './hourly-names';

/** One file of a day's input, as it was when the folder was listed. */
export interface ListedFile {
  /** Relative to the input folder. */
  readonly file: string;
  /** Of the file itself, where the name is a link. */
  readonly path: string;
  /** Of its source; see SourceHour. */
  readonly hour: string;
  readonly bytes: number;
  /** Of its last change, in milliseconds since 1970. */
  readonly changedAt: number;
  /**
   * Size, time of change, which tools can set, and of any change of the inode, which they cannot, and inode: as long as
   * they are the same, nobody wrote to the file. Empty where it was changed so lately that a later write could bear the
   * same time.
   */
  readonly stamp: string;
}

/** The files that a day is built from. */
export interface ListedInput {
  /** Of the day's own hours, in the order of their names. */
  readonly own: readonly ListedFile[];
  /** Of neighbouring hours, in the order of their names. */
  readonly neighbours: readonly ListedFile[];
  /** Local hours of the day that no file covers whole. */
  readonly missingHours: readonly string[];
}

/** Milliseconds; far above the granularity of any file system's clock. */
const SETTLED_AFTER = 2000;

/**
 * The regular files of a day and of the hours around it by the pipeline's pattern, also with .gz; links within the folder
 * are followed. Throws NO_INPUT where the day has no file of its own, UNREADABLE_INPUT where the folder or a file of it
 * cannot be looked at, or is a link that leads out of the folder: to pass it over would lose its rows in silence.
 */
export async function listInput(input: string, pipeline: Pipeline, date: BusinessDate): Promise<ListedInput> {
  const { pattern } = pipeline.files;
  const hours = fileHours(date, pipeline.timeZone, fileNamingOf(pipeline));
  // The day first: most names match it, and a day may have 86,400.
  const dates = [date, ...hours.dates.filter((other) => other !== date)];
  const names = dates.map((named) => ({ date: named, hourOf: hourlyNames(pattern, named) }));
  const found: { readonly own: ListedFile[]; readonly neighbours: ListedFile[] } = { own: [], neighbours: [] };
  const present: LocalHour[] = [];
  for (const entry of await readFolder(input)) {
    const named = namedHour(entry.name, names);
    const expected = named && hours.expectedAt(named);
    if (named === undefined || expected === undefined || !(entry.isFile() || entry.isSymbolicLink())) continue;
    const path = join(input, entry.name);
    const file = listedFile(entry.name, sourceHourOf(expected), entry.isSymbolicLink() ? followed(input, path) : path);
    if (present.length % 4096 === 4095) await setImmediate();
    if (file === undefined) continue;
    present.push(named);
    found[expected.own ? 'own' : 'neighbours'].push(file);
  }
  if (found.own.length === 0) {
    const zone = pipeline.files.timeZone === undefined ? '' : `, in hours of ${pipeline.files.timeZone}`;
    throw new DaybreakError('NO_INPUT', {
      what: `${input} holds no file for ${date}; looked for ${forDate(pattern, date)}, also with .gz${zone}`,
      remedy: 'Check the folder, the date, and files.pattern in pipeline.yaml.',
    });
  }
  for (const files of [found.own, found.neighbours]) files.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { ...found, missingHours: hours.missing(present) };
}

function namedHour(
  name: string,
  names: readonly { readonly date: BusinessDate; readonly hourOf: HourOfName }[],
): LocalHour | undefined {
  for (const { date, hourOf } of names) {
    const hour = hourOf(name);
    if (hour !== undefined) return { date, hour };
  }
  return undefined;
}

/** Undefined for what is no regular file. Synchronous: for a day of 86,400 files asynchronous calls cost more than the whole build. */
function listedFile(file: string, hour: string, path: string): ListedFile | undefined {
  try {
    const status = statSync(path, { bigint: true });
    if (!status.isFile()) return undefined;
    const lastTouched = Math.max(Number(status.mtimeMs), Number(status.ctimeMs));
    const settled = Date.now() - lastTouched > SETTLED_AFTER;
    const stamp = settled ? `${status.size}/${status.mtimeNs}/${status.ctimeNs}/${status.ino}` : '';
    return { file, path, hour, bytes: Number(status.size), changedAt: Number(status.mtimeMs), stamp };
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

async function readFolder(input: string) {
  try {
    return await readdir(input, { withFileTypes: true });
  } catch (cause) {
    throw new DaybreakError('NO_INPUT', {
      what: `the input folder ${input} cannot be read: ${messageOf(cause)}`,
      remedy: 'Give the folder into which the hourly files are written.',
      cause,
    });
  }
}

/** Where a link in the input folder leads. Throws UNREADABLE_INPUT unless that is in the folder. */
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
