import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createGunzip } from 'node:zlib';
import type { BusinessDate } from '../domain/business-date';
import type { DailyBatchResult } from '../domain/daily-batch';
import type { DayManifest, InputFile } from '../domain/day-manifest';
import { DaybreakError } from '../domain/errors';
import type { DaySurvey } from '../domain/late-data';
import { readState, type BuildState } from './build-state';
import { ignoreMissing, isMissing } from './has-code';
import { hashFile } from './hash-file';
import { findChanges } from './input-changes';
import { listInput, unreadable, type ListedFile, type ListedInput } from './input-files';
import type { LoadedPipeline } from './loaded-pipeline';
import { compareNeighbours, rememberNeighbours } from './neighbours';
import { readPublishedDay, readVersion, type PublishedDay } from './published-day';

export interface SurveyOptions {
  /** Whether the version notes what neighbouring files without news are now, which spares the next survey reading them. Default false. */
  readonly remember?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Compares a day's input files with those of the version that Druid serves, else of the published build: a recompute that
 * failed after its build leaves the day as late as it was. Reads only files that changed since.
 *
 * @param folder <data>/<pipeline>. Throws UNREADABLE_INPUT.
 */
export async function surveyDay(
  loaded: LoadedPipeline,
  folder: string,
  date: BusinessDate,
  { remember = false, signal = new AbortController().signal }: SurveyOptions = {},
): Promise<DaySurvey> {
  const input = await inputOf(join(folder, 'input'), loaded, date);
  const files = input.own;
  const published = await readPublishedDay(join(folder, 'output'), date);
  const reconciliation = join(folder, 'reconciliation', `${date}.json`);
  const result = await lastResult(reconciliation);
  const replaced = result !== undefined;
  const restored = result?.verdict === 'restored';
  if (published === undefined) {
    const inputs = files.length === 0 ? 'none' : 'unbuilt';
    return { date, inputs, lateRows: 0, otherTransform: false, replaced, restored };
  }
  const { folder: version, manifest } = (await servedVersion(published, result)) ?? published;
  const changedAt = Math.max((await changeTime(reconciliation)) ?? 0, (await changeTime(published.folder)) ?? 0);
  const found = {
    date,
    replaced,
    restored,
    changedAt: new Date(changedAt).toISOString(),
    otherTransform: other(loaded, manifest),
  };
  const present = new Set([...files, ...input.neighbours].map(({ file }) => file));
  if (manifest.inputs.some(({ file }) => !present.has(file))) return { ...found, inputs: 'expired', lateRows: 0 };

  const state = (await readState(version)) ?? NO_STATE;
  const { stamps } = state;
  const known = new Map(manifest.inputs.map((file) => [file.file, file]));
  const previous = { folder: version, manifest, state };
  const changes = await findChanges({ ...input, own: [] }, previous);
  const compared = await compareNeighbours(loaded, date, changes, { version, signal });
  if (remember) await rememberNeighbours(previous, input.neighbours, compared);
  let changed = compared.changed.size > 0;
  let { lateRows } = compared;
  for (const file of files) {
    const rows = await rowsSince(file, known.get(file.file), stamps[file.file]);
    if (rows === undefined) continue;
    changed = true;
    lateRows += rows;
  }
  return { ...found, inputs: changed ? 'changed' : 'unchanged', lateRows };
}

async function inputOf(input: string, { pipeline }: LoadedPipeline, date: BusinessDate): Promise<ListedInput> {
  try {
    return await listInput(input, pipeline, date);
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code === 'NO_INPUT') return NO_FILES;
    throw thrown;
  }
}

const NO_FILES: ListedInput = { own: [], neighbours: [], missingHours: [] };
const NO_STATE: BuildState = { rules: '', stamps: {}, sources: [], kept: {} };

function other({ hashes }: LoadedPipeline, { transform, settings, tables }: DayManifest): boolean {
  return JSON.stringify(hashes) !== JSON.stringify({ transform, settings, tables });
}

/** Lines that came since the build; undefined where the file is what it was. */
async function rowsSince(file: ListedFile, known: InputFile | undefined, stamp?: string): Promise<number | undefined> {
  try {
    if (known === undefined) return await countLines(file, 0);
    if (known.bytes === file.bytes) {
      if (file.stamp !== '' && stamp === file.stamp) return undefined;
      return (await hashFile(file.path)).sha256 === known.sha256 ? undefined : await countLines(file, 0);
    }
    const grew = file.bytes > known.bytes && (await hashStart(file.path, known.bytes)) === known.sha256;
    return await countLines(file, grew ? known.bytes : 0);
  } catch (cause) {
    throw unreadable(file.path, cause);
  }
}

async function hashStart(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  if (bytes > 0) for await (const chunk of createReadStream(path, { end: bytes - 1 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Lines from byte `start` on; of a gzip file, which grows by whole members, from the member that begins there. */
async function countLines({ file, path, bytes }: ListedFile, start: number): Promise<number> {
  if (bytes <= start) return 0;
  const raw = createReadStream(path, { start });
  const text = file.endsWith('.gz') ? raw.pipe(createGunzip()) : raw;
  raw.once('error', (error) => text.destroy(error));
  let lines = 0;
  let last = 10;
  for await (const chunk of text) {
    const buffer = chunk as Buffer; // Neither stream has an encoding.
    for (let at = buffer.indexOf(10); at !== -1; at = buffer.indexOf(10, at + 1)) lines += 1;
    last = buffer.at(-1) ?? last;
  }
  return last === 10 ? lines : lines + 1;
}

async function lastResult(reconciliation: string): Promise<DailyBatchResult | undefined> {
  const text = await readFile(reconciliation, 'utf8').catch(ignoreMissing);
  return text === undefined ? undefined : (JSON.parse(text) as DailyBatchResult); // Only runs write it.
}

/** The build that Druid serves a day from, else the published one; undefined where this machine has neither. */
export async function servedBuild(folder: string, date: BusinessDate): Promise<PublishedDay | undefined> {
  const published = await readPublishedDay(join(folder, 'output'), date);
  if (published === undefined) return undefined;
  const result = await lastResult(join(folder, 'reconciliation', `${date}.json`));
  return (await servedVersion(published, result)) ?? published;
}

/** By its name beside the published one: the folder of all data may have moved since. */
async function servedVersion(
  published: PublishedDay,
  result: DailyBatchResult | undefined,
): Promise<PublishedDay | undefined> {
  if (result === undefined) return undefined;
  return readVersion(join(dirname(published.folder), basename(result.output)));
}

async function changeTime(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    throw thrown;
  }
}
