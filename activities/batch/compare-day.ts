import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DruidClient, SegmentColumns } from '../../clients/druid';
import { counted } from '../../domain/counted';
import { writtenRows } from '../../domain/day-manifest';
import {
  isEqual,
  type BuiltDay,
  type BuiltHour,
  type DayPlan,
  type DayProof,
  type ProvenHour,
} from '../../domain/daily-batch';
import { areOf, firstDifference, noFigures, type HourFigures } from '../../domain/day-figures';
import { storedColumnsOf } from '../../domain/druid/data-schema';
import { DaybreakError } from '../../domain/errors';
import { proofKindOf, type ProofKind } from '../../domain/proof-kind';
import { agreed, firstRolledUpDifference, type RolledUpFigures } from '../../domain/rolled-up-figures';
import type { Rollup } from '../../domain/rollup';
import { figuresOfFile } from '../../engines/duckdb/figures';
import { noRolledUpFigures, rolledUpFiguresOfFile } from '../../engines/duckdb/rolled-up-figures';
import { firstDifferentGroup } from '../../engines/duckdb/rolled-up-groups';
import { NO_CONTENT, withRowCounter, type RowCounterOptions } from '../../engines/duckdb/row-counter';
import { withRowsReader, type RowsReader } from '../../engines/duckdb/rows-of-file';
import { hashFile } from '../../engines/input/hash-file';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { shortHash } from '../../engines/pipeline/pipeline-version';
import { readState, type BuildState } from '../../engines/versions/build-state';
import type { DayOutput } from '../../engines/versions/day-output';
import { readingRows, requireReadable } from '../../engines/versions/row-form';
import { eachHour, type HoursOptions } from './hours-at-once';
import { servedDay, type ServedDay } from './served-day';

/** The published rows that Druid should serve. */
export interface BuiltRows extends Pick<BuiltDay, 'hours'> {
  readonly output: DayOutput;
  readonly version: string;
}

export interface ComparisonOptions extends HoursOptions {
  /** Absolute path of a folder. What lies in it does not grow with the day. */
  readonly scratch: string;
}

/** How the rows of a day were compared, and what was found in each hour. */
export type Comparison = Required<Pick<DayProof, 'kind' | 'hours'>>;

/**
 * Compares the rows that Druid serves with the batch's, hour by hour: all rows, the figures of each column, or the groups
 * of rolled-up rows, as `proofKindOf` says. Throws PROOF_FAILED with the first hour that differs, or with a column that
 * Druid has loaded as another type, and UNREADABLE_VERSION if the pipeline can no longer read the batch's rows, or if a
 * file of them is not what was built: Druid has loaded the same file, so both may be equal and wrong.
 */
export async function compareDay(
  druid: DruidClient,
  plan: DayPlan,
  built: BuiltRows,
  loaded: LoadedPipeline,
  options: ComparisonOptions,
): Promise<Comparison> {
  const { pipeline, date } = plan;
  const state = await readState(built.output, built.version);
  requireReadable(state?.form, loaded, { pipeline, date, version: built.version });
  const altered = new Map<string, string>();
  const batch = { ...built, pipeline, figures: state?.figures ?? {}, altered };
  const { rollup } = loaded.pipeline.druid;
  if (rollup !== undefined) await checkColumns(druid, plan, loaded);
  const segments = await druid.queries.segmentColumns(plan.datasource, plan.interval);
  checkTypes(plan, loaded, segments);
  const kind = proofKindOf(loaded.pipeline, writtenRows(built.hours));
  const compare = kind === 'rows' ? compareRows : compareFigures;
  const found =
    rollup === undefined
      ? await compare(druid, plan, batch, loaded, { ...options, segments: segments.map(({ columns }) => columns) })
      : await compareRolledUp(druid, plan, { ...batch, rollup, kind }, loaded, options);
  const named = new Set(built.hours.map(({ hour }) => hour));
  const hours = [...found.values()]
    .filter(({ hour, druidRows }) => named.has(hour) || druidRows > 0)
    .sort((one, other) => (one.hour < other.hour ? -1 : 1));
  const different = hours.find((hour) => hour.difference !== undefined);
  const again = `npx daybreak batch run --pipeline ${pipeline} --date ${date}`;
  if (different !== undefined) {
    // The build may have computed the hour's figures, so that its file was not read yet.
    const file = fileByHour(built).get(different.hour);
    if (file !== undefined) await withBuiltRows(batch, file, options, () => Promise.resolve({ rows: file.written }));
    throw new DaybreakError('PROOF_FAILED', {
      what: `in hour ${different.hour} of ${date} ${different.difference ?? ''}`,
      remedy: altered.has(different.hour)
        ? `Something has changed the batch's file of this hour. Build the day again: ${again} --force`
        : `Run the day again: ${again}`,
    });
  }
  const [first] = [...altered.values()].sort();
  if (first !== undefined) {
    throw new DaybreakError('UNREADABLE_VERSION', {
      what: `of the version ${built.version} of ${date}, ${first}, and Druid has loaded it so`,
      // Without --force, a build takes over a file that has kept its size.
      remedy: `Something has changed the file. Build the day again: ${again} --force`,
    });
  }
  return { kind, hours: hours.map(({ difference: _, ...hour }) => hour) };
}

/** The batch's side of the comparison. */
interface BatchRows extends BuiltRows, Pick<DayPlan, 'pipeline'> {
  /** By hour, as far as builds computed them. */
  readonly figures: BuildState['figures'];
  /** Files that are not what was built, by hour: what is wrong with them. It grows while they are read. */
  readonly altered: Map<string, string>;
}

/** An hour, and what differs in it, for people; undefined if nothing does. */
interface ComparedHour extends ProvenHour {
  readonly difference: string | undefined;
}

async function compareRows(
  druid: DruidClient,
  plan: DayPlan,
  built: BatchRows,
  { pipeline, outputColumns: columns }: LoadedPipeline,
  options: ComparisonOptions & Pick<RowCounterOptions, 'segments'>,
): Promise<Map<string, ComparedHour>> {
  const day = servedDay(druid, plan, pipeline, columns);
  const files = fileByHour(built);
  return withRowCounter(pipeline, columns, options, (counter) =>
    eachHour(hoursOf(day, built), options, async (hour) => {
      const druidHas = await day.content(hour, counter);
      const file = files.get(hour);
      const batch =
        file === undefined ? NO_CONTENT : await withBuiltRows(built, file, options, (path) => counter.ofFile(path));
      const compared = {
        hour,
        batchRows: batch.rows,
        druidRows: druidHas.rows,
        batchChecksum: batch.checksum,
        druidChecksum: druidHas.checksum,
      };
      const difference = isEqual(compared)
        ? undefined
        : `Druid serves ${counted(druidHas.rows, 'row')} (checksum ${druidHas.checksum}), the batch wrote ${batch.rows} (checksum ${batch.checksum})`;
      return { ...compared, difference };
    }),
  );
}

async function compareFigures(
  druid: DruidClient,
  plan: DayPlan,
  built: BatchRows,
  { pipeline, outputColumns: columns }: LoadedPipeline,
  options: ComparisonOptions,
): Promise<Map<string, ComparedHour>> {
  const day = servedDay(druid, plan, pipeline, columns);
  const files = fileByHour(built);
  const figuresOf = async (reader: RowsReader, hour: string): Promise<HourFigures> => {
    const known = built.figures[hour];
    if (known !== undefined && areOf(known, columns)) return known;
    const file = files.get(hour);
    return file === undefined
      ? noFigures(columns)
      : withBuiltRows(built, file, options, (path) => figuresOfFile(reader, columns, path));
  };
  return withRowsReader(pipeline, { ...options, columns }, (reader) =>
    eachHour(hoursOf(day, built), options, async (hour) => {
      const [batch, druidHas] = [await figuresOf(reader, hour), await day.figures(hour)];
      return {
        hour,
        batchRows: batch.rows,
        druidRows: druidHas.rows,
        batchChecksum: shortHash(JSON.stringify(batch)),
        druidChecksum: shortHash(JSON.stringify(druidHas)),
        difference: firstDifference(druidHas, batch),
      };
    }),
  );
}

async function compareRolledUp(
  druid: DruidClient,
  plan: DayPlan,
  { rollup, kind, ...built }: BatchRows & { readonly rollup: Rollup; readonly kind: ProofKind },
  { pipeline, outputColumns: columns }: LoadedPipeline,
  options: ComparisonOptions,
): Promise<Map<string, ComparedHour>> {
  const day = servedDay(druid, plan, pipeline, columns);
  const files = fileByHour(built);
  const figuresOf = async (reader: RowsReader, hour: string): Promise<RolledUpFigures> => {
    const file = files.get(hour);
    return file === undefined
      ? noRolledUpFigures(pipeline, rollup, columns)
      : withBuiltRows(built, file, options, (path) => rolledUpFiguresOfFile(reader, rollup, columns, path));
  };
  const differentGroup = async (reader: RowsReader, hour: string): Promise<string | undefined> => {
    const file = files.get(hour);
    if (kind !== 'groups' || file === undefined) return undefined;
    return withRowsFile(built, file.file, options, (path) => {
      const stored = day.storedRows(rollup, hour);
      return firstDifferentGroup(reader, rollup, columns, { file: path, stored });
    });
  };
  return withRowsReader(pipeline, { ...options, columns }, (reader) =>
    eachHour(hoursOf(day, built), options, async (hour) => {
      const [batch, { stored, ...druidHas }] = [await figuresOf(reader, hour), await day.rolledUpFigures(rollup, hour)];
      return {
        hour,
        batchRows: batch.rows,
        druidRows: druidHas.rows,
        druidStored: stored,
        batchChecksum: shortHash(JSON.stringify(batch)),
        druidChecksum: shortHash(JSON.stringify(agreed(druidHas, batch))),
        difference: firstRolledUpDifference(druidHas, batch) ?? (await differentGroup(reader, hour)),
      };
    }),
  );
}

/** Every hour of the day, and those in which the batch has rows: its zone may have been another. */
function hoursOf(day: ServedDay, { hours }: BuiltRows): string[] {
  return [...new Set([...day.hours, ...hours.map(({ hour }) => hour)])];
}

/** The files of the hours that have rows. */
function fileByHour({ hours }: Pick<BuiltRows, 'hours'>): ReadonlyMap<string, BuiltHour> {
  return new Map(hours.flatMap((one) => (one.written === 0 ? [] : [[one.hour, one]])));
}

/**
 * As `withRowsFile`. `use` counts the rows of the file. Notes it if the file has other bytes or another number of rows than
 * the build wrote: Druid has loaded the same file, so both may be equal and wrong.
 */
async function withBuiltRows<T extends { readonly rows: number }>(
  built: BatchRows,
  { hour, file, written, sha256 }: BuiltHour,
  options: ComparisonOptions,
  use: (path: string) => Promise<T>,
): Promise<T> {
  return withRowsFile(built, file, options, async (path) => {
    const found = await use(path);
    if (found.rows !== written) {
      built.altered.set(hour, `${file} has ${counted(found.rows, 'row')}, and ${written} were written`);
    } else if ((await hashFile(path)).sha256 !== sha256) built.altered.set(hour, `${file} is not what was built`);
    return found;
  });
}

/**
 * Runs `use` with the path of a file of rows: the file itself, or a copy if it is not in a local folder. Throws
 * UNREADABLE_VERSION if `use` fails on a value of the rows.
 */
export async function withRowsFile<T>(
  { output, version, pipeline }: Pick<BuiltRows, 'output' | 'version'> & Pick<DayPlan, 'pipeline'>,
  file: string,
  { scratch, signal }: Pick<ComparisonOptions, 'scratch' | 'signal'>,
  use: (path: string) => Promise<T>,
): Promise<T> {
  try {
    const path = await output.localFile(version, file, scratch, signal);
    return await readingRows({ pipeline, date: output.date, version }, () => use(path));
  } finally {
    await rm(join(scratch, file), { force: true });
  }
}

/** Throws PROOF_FAILED if Druid lacks a column of the rolled-up rows: the day was loaded without, or with other ones. */
async function checkColumns(
  druid: DruidClient,
  { datasource, date, pipeline }: DayPlan,
  { pipeline: settings, outputColumns }: LoadedPipeline,
): Promise<void> {
  const known = await druid.queries.columns(datasource);
  const lacking = storedColumnsOf(settings, outputColumns).find(({ name }) => !known.includes(name));
  // What the broker does not know at all has no rows.
  if (known.length === 0 || lacking === undefined) return;
  throw new DaybreakError('PROOF_FAILED', {
    what: `${datasource} has no column ${lacking.name}, which druid.rollup gives the rows of ${date}`,
    remedy: `Run the day again: npx daybreak batch run --pipeline ${pipeline} --date ${date}`,
  });
}

/** Throws PROOF_FAILED if a segment of the day has a column in another type than the batch's. */
function checkTypes(
  { date, pipeline }: DayPlan,
  { pipeline: settings, outputColumns }: LoadedPipeline,
  segments: readonly SegmentColumns[],
): void {
  const stored = storedColumnsOf(settings, outputColumns);
  for (const { id, columns } of segments) {
    for (const { name, written: type, stored: expected } of stored) {
      // Druid chooses the type of a JSON column; see `convertedTo`.
      if (type === 'JSON') continue;
      const found = columns[name];
      // A column that a segment lacks has no value there, which the comparison of the rows finds.
      if (found === undefined || (found.typeSignature === expected && !found.hasMultipleValues)) continue;
      const has = found.hasMultipleValues ? 'several values in a row' : found.typeSignature;
      throw new DaybreakError('PROOF_FAILED', {
        what: `${name} of ${date} is ${has} in Druid's segment ${id}; the batch wrote it as ${type}, which is ${expected} there`,
        remedy: `Run the day again: npx daybreak batch run --pipeline ${pipeline} --date ${date}`,
      });
    }
  }
}
