import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { BusinessDate } from '../../domain/business-date';
import type { DailyBatchResult } from '../../domain/daily-batch';
import type { DayManifest } from '../../domain/day-manifest';
import { DaybreakError } from '../../domain/errors';
import type { DaySurvey } from '../../domain/late-data';
import { inputLocationOf } from '../../domain/pipeline';
import { readState, type BuildState } from './build-state';
import { ignoreMissing, isMissing } from '../../clients/storage/local/fs-errors';
import { findChanges } from './input-changes';
import { listInput, withInput, type ListedInput } from '../input/input-files';
import type { InputPlace } from '../input/listed-file';
import { removeLeftovers, versionsFolder } from './kept-versions';
import { isGone, knownFiles, linesSince } from './late-lines';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { compareNeighbours, rememberNeighbours } from './neighbour-hours';
import { readPublishedDay, readVersion, type PublishedDay } from './published-day';

export interface SurveyOptions {
  /**
   * Whether the version records the present state of neighbouring files that have no new records, so that the next scan
   * need not read them. Default false.
   */
  readonly remember?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Compares a day's input files with those of the version that Druid serves, else of the published build: after a
 * recompute that failed after its build, the day is as late as before. Reads only files that changed since then.
 * Throws UNREADABLE_INPUT.
 *
 * @param folder <data>/<pipeline>.
 */
export async function surveyDay(
  loaded: LoadedPipeline,
  folder: string,
  date: BusinessDate,
  { remember = false, signal = new AbortController().signal }: SurveyOptions = {},
): Promise<DaySurvey> {
  const scratch = versionsFolder(join(folder, 'output'), date);
  return withInput(inputLocationOf(loaded.pipeline, folder), { scratch, signal, asTheyAre: true }, (place) =>
    surveyInput(loaded, { folder, place }, date, { remember, signal }),
  );
}

async function surveyInput(
  loaded: LoadedPipeline,
  { folder, place }: { readonly folder: string; readonly place: InputPlace },
  date: BusinessDate,
  { remember, signal }: { readonly remember: boolean; readonly signal: AbortSignal },
): Promise<DaySurvey> {
  const input = await inputOf(place, loaded, date);
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
  // A scan that was killed leaves copies of files.
  await removeLeftovers(dirname(version));
  const changedAt = Math.max((await changeTime(reconciliation)) ?? 0, (await changeTime(published.folder)) ?? 0);
  const found = {
    date,
    replaced,
    restored,
    changedAt: new Date(changedAt).toISOString(),
    otherTransform: other(loaded, manifest),
  };
  if (isGone(manifest.inputs, [...files, ...input.neighbours])) return { ...found, inputs: 'expired', lateRows: 0 };

  const state = (await readState(version)) ?? NO_STATE;
  const { stamps } = state;
  const known = knownFiles(manifest.inputs);
  const previous = { folder: version, manifest, state };
  const changes = await findChanges({ ...input, own: [] }, previous);
  const compared = await compareNeighbours(loaded, date, changes, { version, signal });
  if (remember) await rememberNeighbours(previous, input.neighbours, compared);
  let changed = compared.changed.size > 0;
  let { lateRows } = compared;
  for (const file of files) {
    const rows = await linesSince(
      file,
      { input: known(file.file), stamp: stamps[file.file] },
      loaded.pipeline.files.framing,
    );
    if (rows === undefined) continue;
    changed = true;
    lateRows += rows;
  }
  return { ...found, inputs: changed ? 'changed' : 'unchanged', lateRows };
}

async function inputOf(place: InputPlace, { pipeline }: LoadedPipeline, date: BusinessDate): Promise<ListedInput> {
  try {
    return await listInput(place, pipeline, date);
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

async function lastResult(reconciliation: string): Promise<DailyBatchResult | undefined> {
  const text = await readFile(reconciliation, 'utf8').catch(ignoreMissing);
  return text === undefined ? undefined : (JSON.parse(text) as DailyBatchResult); // Only runs write it.
}

/** The build from which Druid serves a day, else the published one; undefined if this machine has neither. */
export async function servedBuild(folder: string, date: BusinessDate): Promise<PublishedDay | undefined> {
  const published = await readPublishedDay(join(folder, 'output'), date);
  if (published === undefined) return undefined;
  const result = await lastResult(join(folder, 'reconciliation', `${date}.json`));
  return (await servedVersion(published, result)) ?? published;
}

/** Finds it by its name in the folder of the published one, since the folder of all data may have moved. */
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
