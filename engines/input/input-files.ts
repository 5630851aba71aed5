import { setImmediate } from 'node:timers/promises';
import { locationOf } from '../../clients/storage/location';
import { openStorage } from '../../clients/storage/open-storage';
import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError } from '../../domain/errors';
import { fileHours, sourceHourOf, type LocalHour } from '../../domain/file-hours';
import { forDate } from '../../domain/file-pattern';
import { fileNamingOf, type Pipeline } from '../../domain/pipeline';
import { dayNames } from './file-names';
import type { DatedNames, InputPlace, ListedFacts, ListedFile } from './listed-file';
import { localInput } from './local-files';
import { withStoredFiles, withStoredInput } from './stored-files';

/** The files that a day is built from. */
export interface ListedInput {
  /** Files of the day's own hours, in the order of their names. */
  readonly own: readonly ListedFile[];
  /** Files of neighbouring hours, in the order of their names. */
  readonly neighbours: readonly ListedFile[];
  /** Local hours of the day that no file covers completely. */
  readonly missingHours: readonly string[];
}

export interface InputOptions {
  /** Absolute path of a folder in which copies of files that are not local get a folder of their own for the time. */
  readonly scratch: string;
  readonly signal?: AbortSignal | undefined;
  /**
   * Whether files are read as they are, also if they were replaced or appended to since they were listed. Default: false,
   * so that only files of neighbouring hours are.
   */
  readonly asTheyAre?: boolean;
  /** Called with the number of bytes of each chunk that is copied. */
  readonly onFetched?: ((bytes: number) => void) | undefined;
}

/**
 * Uses the input at a location: a folder, or the address of a storage; see `locationOf`. Throws BAD_CONFIGURATION if
 * the location or a variable of its storage is wrong.
 */
export async function withInput<T>(
  location: string,
  options: InputOptions,
  use: (place: InputPlace) => Promise<T>,
): Promise<T> {
  const found = locationOf(location);
  if (found.kind === 'local') return use(localInput(found.folder));
  return withStoredInput(await openStorage(found), options, use);
}

/**
 * Uses files that were listed at a location by another thread, which can give no functions to this one. The thread that
 * listed them uses `withInput`.
 */
export async function withListedFiles<T>(
  location: string,
  options: InputOptions,
  use: (open: (file: ListedFacts) => ListedFile) => Promise<T>,
): Promise<T> {
  const found = locationOf(location);
  if (found.kind === 'local') return use((file) => file);
  return withStoredFiles(await openStorage(found), options, use);
}

/**
 * The files of a day and of the hours around it by the pipeline's pattern, also with .gz or .zst. Links within a local
 * folder are followed. Files that match but are not read, such as a .bz2 or a folder, are included with the reason.
 * Throws NO_INPUT if the day has no file of its own. Throws UNREADABLE_INPUT if a folder or one of its files cannot be
 * read, or is a link that leads out of the folder: to skip it would lose its rows silently. Throws STORAGE_CHANGED if a
 * file went away meanwhile, and STORAGE_FAILED or STORAGE_REFUSED if a storage cannot be listed.
 */
export async function listInput(place: InputPlace, pipeline: Pipeline, date: BusinessDate): Promise<ListedInput> {
  const { pattern } = pipeline.files;
  const hours = fileHours(date, pipeline.timeZone, fileNamingOf(pipeline));
  // The day comes first: most names match it, and a day may have 86,400.
  const dates = [date, ...hours.dates.filter((other) => other !== date)];
  const names = dates.map((named) => ({ date: named, names: dayNames(pattern, named) }));
  const found: { readonly own: ListedFile[]; readonly neighbours: ListedFile[] } = { own: [], neighbours: [] };
  const present: LocalHour[] = [];
  for await (const candidate of place.candidates(names)) {
    const named = hourOfFile(candidate.file, names);
    const expected = named && hours.expectedAt(named);
    if (named === undefined || expected === undefined) continue;
    const file = candidate.listed(sourceHourOf(expected));
    if (present.length % 4096 === 4095) await setImmediate();
    if (file === undefined) continue;
    present.push(named);
    found[expected.own ? 'own' : 'neighbours'].push(file);
  }
  if (found.own.length === 0) {
    const zone = pipeline.files.timeZone === undefined ? '' : `, named in ${pipeline.files.timeZone}`;
    throw new DaybreakError('NO_INPUT', {
      what: `${place.name} holds no file for ${date}; looked for ${forDate(pattern, date)}, also with .gz or .zst${zone}`,
      remedy: 'Check the folder, the date, and files.pattern in pipeline.yaml.',
    });
  }
  for (const files of [found.own, found.neighbours]) files.sort((a, b) => (a.file < b.file ? -1 : 1));
  return { ...found, missingHours: hours.missing(present) };
}

/** The same, and no files if the day has none of its own. */
export async function listInputIfAny(place: InputPlace, pipeline: Pipeline, date: BusinessDate): Promise<ListedInput> {
  try {
    return await listInput(place, pipeline, date);
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code === 'NO_INPUT') return NO_FILES;
    throw thrown;
  }
}

const NO_FILES: ListedInput = { own: [], neighbours: [], missingHours: [] };

/** The hour of a path below the input's location; undefined if it is none of these days' files. */
export function hourOfFile(path: string, names: readonly DatedNames[]): LocalHour | undefined {
  for (const { date, names: ofDay } of names) {
    const hour = ofDay.hourOf(path);
    if (hour !== undefined) return { date, hour };
  }
  return undefined;
}
