import { dirname, resolve } from 'node:path';
import type { BusinessDate } from '../../domain/business-date';
import type { DayManifest } from '../../domain/day-manifest';
import { readState, type PreviousBuild } from './build-state';
import { findChanges, isUnchanged } from './input-changes';
import { listInput, withInput } from '../input/input-files';
import type { ReadPipeline } from '../model/loaded-pipeline';
import { isWhole, readPublishedDay } from './published-day';

/** Changes whenever the same inputs would give other outputs: then no older output is built upon. */
export const RULES = '5';

export interface BuildTarget {
  readonly date: BusinessDate;
  /** Folder with <date>/HH.ndjson. */
  readonly output: string;
  readonly engine: DayManifest['engine'];
}

/** The published version, if it is whole and this pipeline and engine would give the same rows for the same files. */
export async function previousBuild(
  { hashes }: ReadPipeline,
  { date, output, engine }: BuildTarget,
): Promise<PreviousBuild | undefined> {
  const published = await readPublishedDay(output, date);
  if (published === undefined || !(await isWhole(published))) return undefined;
  const { engine: builtBy, transform, settings, tables } = published.manifest;
  if (JSON.stringify([engine, hashes]) !== JSON.stringify([builtBy, { transform, settings, tables }])) return undefined;
  const state = await readState(published.folder);
  return state?.rules === RULES ? { ...published, state } : undefined;
}

/**
 * The manifest of the published day if a build would change nothing; else undefined. Needs no engine, so it takes a
 * fraction of a second; loading an engine takes a whole one. Throws NO_INPUT or UNREADABLE_INPUT.
 */
export async function unchangedDay(
  read: ReadPipeline,
  { input, ...day }: BuildTarget & { readonly input: string },
): Promise<DayManifest | undefined> {
  const previous = await previousBuild(read, { ...day, output: resolve(day.output) });
  if (previous === undefined) return undefined;
  return withInput(input, { scratch: dirname(previous.folder) }, async (place) => {
    const files = await listInput(place, read.pipeline, day.date);
    return isUnchanged(await findChanges(files, previous), files, previous) ? previous.manifest : undefined;
  });
}
