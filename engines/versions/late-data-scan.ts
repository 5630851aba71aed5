import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import type { BusinessDate } from '../../domain/business-date';
import type { DayManifest } from '../../domain/day-manifest';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { DaySurvey } from '../../domain/late-data';
import { inputLocationOf, type Pipeline } from '../../domain/pipeline';
import { readState, type BuildState } from './build-state';
import { ignoreMissing, localError } from '../../clients/storage/local/fs-errors';
import { findChanges } from './input-changes';
import { listInputIfAny, withInput } from '../input/input-files';
import type { InputPlace } from '../input/listed-file';
import { removeLeftovers } from './scratch';
import { filesEmptied, filesGone } from './gone-files';
import { knownFiles, linesSince } from './late-lines';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { withTablesOf } from '../tables/table-versions';
import { compareNeighbours, rememberNeighbours } from './neighbour-hours';
import { readCurrent, type DayOutput, type PublishedDay, type ServedVersion } from './day-output';
import { outputPlaceOf, withOutput } from './open-output';

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
 * Throws UNREADABLE_INPUT or STORAGE_CHANGED, and NOT_BUILT if the manifest of a day that Druid serves is broken.
 *
 * @param folder <data>/<pipeline>.
 */
export async function surveyDay(
  loaded: LoadedPipeline,
  folder: string,
  date: BusinessDate,
  { remember = false, signal = new AbortController().signal }: SurveyOptions = {},
): Promise<DaySurvey> {
  const { pipeline } = loaded;
  return withOutput(outputPlaceOf(pipeline, folder), date, (output) =>
    withInput(inputLocationOf(pipeline, folder), { scratch: output.scratch, signal, asTheyAre: true }, (place) =>
      surveyInput(loaded, { folder, place, output }, { remember, signal }),
    ),
  );
}

/** Whether a survey failed for its day alone: the other days have other files, in a place that answers. */
export function isOfOneDay({ code, retry }: DaybreakError): boolean {
  return code === 'UNREADABLE_INPUT' || code === 'STORAGE_CHANGED' || !retry;
}

async function surveyInput(
  loaded: LoadedPipeline,
  { folder, place, output }: { readonly folder: string; readonly place: InputPlace; readonly output: DayOutput },
  { remember, signal }: { readonly remember: boolean; readonly signal: AbortSignal },
): Promise<DaySurvey> {
  const { date } = output;
  const input = await listInputIfAny(place, loaded.pipeline, date);
  const files = input.own;
  const current = await output.currentVersion();
  const published = current === undefined ? undefined : await output.read(current);
  const last = await lastServed(output, folder);
  const replaced = last !== undefined;
  if (published === undefined && current !== undefined && replaced) throw brokenManifest(output, folder, current);
  const restored = last?.isRestored === true;
  if (published === undefined) {
    const inputs = files.length === 0 ? 'none' : 'unbuilt';
    return { date, inputs, lateRows: 0, otherTransform: false, replaced, restored };
  }
  const served = (last && (await output.read(last.version))) ?? published;
  const { version, manifest } = served;
  // A scan that was killed leaves copies of files.
  await removeLeftovers(output.scratch);
  const changedAt = Math.max(last?.at ?? 0, (await output.builtAt(published.version)) ?? 0);
  const found = {
    date,
    replaced,
    restored,
    changedAt: new Date(changedAt).toISOString(),
    otherTransform: await isOtherPipeline(loaded, manifest),
  };
  const present = [...input.own, ...input.neighbours];
  const gone = await filesGone(manifest, present, { place, pipeline: loaded.pipeline });
  if (gone.length + filesEmptied(manifest, present).length > 0) return { ...found, inputs: 'expired', lateRows: 0 };

  const state = (await readState(output, version)) ?? NO_STATE;
  const { stamps } = state;
  const known = knownFiles(manifest.inputs);
  const previous = { ...served, state };
  const changes = await findChanges({ ...input, own: [] }, previous);
  const compared = await compareNeighbours(loaded, date, changes, { scratch: output.scratch, signal });
  if (remember) await rememberNeighbours(output, previous, input.neighbours, compared);
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

/** Druid serves the day, and nobody knows any more which files its rows are of. */
function brokenManifest({ place, date }: DayOutput, folder: string, version: string): DaybreakError {
  const pipeline = basename(folder);
  return new DaybreakError('NOT_BUILT', {
    what: `the manifest of ${date} in ${place} is missing or broken, version ${version}`,
    remedy: `Run the day again: npx daybreak batch run --pipeline ${pipeline} --date ${date}`,
  });
}

const NO_STATE: BuildState = { rules: '', stamps: {}, sources: [], kept: {}, figures: {} };

/**
 * Whether a build would have another transform, other settings or other tables than that of the manifest. A table of
 * which no version is left for the day counts as the same: as it is, the day cannot be built again.
 */
export async function isOtherPipeline(loaded: LoadedPipeline, { date, ...manifest }: DayManifest): Promise<boolean> {
  const { transform, settings, tables } = manifest;
  const now = await withTablesOf(loaded, date).catch(ignoreBadTable);
  const hashes = now?.hashes ?? { ...loaded.hashes, tables };
  return JSON.stringify(hashes) !== JSON.stringify({ transform, settings, tables });
}

function ignoreBadTable(thrown: unknown): undefined {
  if (thrown instanceof DaybreakError && thrown.code === 'BAD_TABLE') return undefined;
  throw thrown;
}

/** The part of a run's stored result that says which version Druid serves. */
const storedResult = z.object({ output: z.string(), verdict: z.string() });

/** The result of the day's last run that replaced it, and when it was stored, in milliseconds since 1970. */
async function lastResult(
  folder: string,
  date: BusinessDate,
): Promise<(z.infer<typeof storedResult> & { readonly at: number }) | undefined> {
  const file = join(folder, 'reconciliation', `${date}.json`);
  let text: string | undefined;
  let at: number | undefined;
  try {
    text = await readFile(file, 'utf8').catch(ignoreMissing);
    at = (await stat(file).catch(ignoreMissing))?.mtimeMs;
  } catch (thrown) {
    throw localError(thrown, `reading ${file}`, file);
  }
  if (text === undefined || at === undefined) return undefined;
  try {
    return { ...storedResult.parse(JSON.parse(text)), at };
  } catch (cause) {
    const pipeline = basename(folder);
    throw new DaybreakError('NOT_BUILT', {
      what: `the result of the day’s last run, ${file}, cannot be used: ${cause instanceof z.ZodError ? z.prettifyError(cause) : messageOf(cause)}`,
      remedy: `Move the file away, then run the day again: npx daybreak batch run --pipeline ${pipeline} --date ${date}`,
      cause,
    });
  }
}

/** The build from which Druid serves a day, else the published one; undefined if there is neither. */
export function servedBuild(pipeline: Pipeline, folder: string, date: BusinessDate): Promise<PublishedDay | undefined> {
  return withOutput(outputPlaceOf(pipeline, folder), date, async (output) => {
    const published = await readCurrent(output);
    return published && servedOr(published, output, folder);
  });
}

/** The kept version from which Druid serves a day; `published` if there is none. */
export async function servedOr(published: PublishedDay, output: DayOutput, folder: string): Promise<PublishedDay> {
  const last = await lastServed(output, folder);
  return (last && (await output.read(last.version))) ?? published;
}

/**
 * The version that Druid serves; undefined if the day was never replaced. The output records it, and other workers see
 * that. Of a version that is not kept any more, and of a restore by an earlier release, only the stored result knows.
 */
async function lastServed(output: DayOutput, folder: string): Promise<ServedVersion | undefined> {
  const recorded = await output.lastServed();
  const result = await lastResult(folder, output.date);
  if (result === undefined) return recorded;
  const stored = {
    // By its name, since the folder of all data may have moved.
    version: basename(result.output),
    at: result.at,
    isRestored: result.verdict === 'restored',
  };
  // A run records it before it stores its result, so that a later record is another worker's.
  return recorded === undefined || recorded.at <= stored.at ? stored : recorded;
}
