import type { BusinessDate } from '../../domain/business-date';
import type { DayManifest } from '../../domain/day-manifest';
import type { Engine } from '../../domain/pipeline';
import { readState, type PreviousBuild } from './build-state';
import { findChanges, isUnchanged } from './input-changes';
import { listInput, withInput } from '../input/input-files';
import type { ReadPipeline } from '../model/loaded-pipeline';
import { readCurrent, type DayOutput, type PublishedDay } from './day-output';
import { withOutput } from './open-output';

/**
 * Changes whenever the same inputs would give other outputs with the engine: then no older output is built upon. Up to 6
 * Spark ran the SQL in its own dialect.
 */
export const RULES: Readonly<Record<Engine, string>> = { duckdb: '6', spark: '7' };

/** A published version to build upon: undefined unless it is whole, and the same files would give the same rows now. */
export async function previousBuild(
  { hashes }: ReadPipeline,
  output: DayOutput,
  published: PublishedDay | undefined,
  engine: DayManifest['engine'],
): Promise<PreviousBuild | undefined> {
  if (published === undefined || !(await output.isWhole(published))) return undefined;
  const { engine: builtBy, transform, settings, tables } = published.manifest;
  if (JSON.stringify([engine, hashes]) !== JSON.stringify([builtBy, { transform, settings, tables }])) return undefined;
  const state = await readState(output, published.version);
  return state?.rules === RULES[engine] ? { ...published, state } : undefined;
}

export interface BuildTarget {
  readonly date: BusinessDate;
  /** Location of the hourly files: a folder, or the address of a storage; see `withInput`. */
  readonly input: string;
  /** Location of the published days: a folder, or the address of a storage; see `locationOf`. */
  readonly output: string;
  /** See `OutputPlace`. */
  readonly scratch?: string | undefined;
  readonly engine: DayManifest['engine'];
}

/**
 * The manifest of the published day if a build would change nothing; else undefined. Needs no engine, so it takes a
 * fraction of a second; loading an engine takes a whole one. Throws NO_INPUT or UNREADABLE_INPUT.
 */
export async function unchangedDay(
  read: ReadPipeline,
  { input, output: location, scratch, date, engine }: BuildTarget,
): Promise<DayManifest | undefined> {
  return withOutput({ location, scratch }, date, async (output) => {
    const previous = await previousBuild(read, output, await readCurrent(output), engine);
    if (previous === undefined) return undefined;
    return withInput(input, { scratch: output.scratch }, async (found) => {
      const files = await listInput(found, read.pipeline, date);
      return isUnchanged(await findChanges(files, previous), files, previous) ? previous.manifest : undefined;
    });
  });
}
