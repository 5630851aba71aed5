import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hoursOfDay, type BusinessDate } from '../domain/business-date';
import type { DayManifest } from '../domain/day-manifest';
import { DaybreakError, messageOf } from '../domain/errors';
import { spansHours } from '../domain/pipeline';
import { assembleDay } from './versions/day-assembly';
import { compressHours, requireCompression } from './versions/compress-hours';
import { stateText, type PreviousBuild } from './versions/build-state';
import type { BuildContext, BuildPlan, EngineResult, ProgressCounter } from './model/build-plan';
import { buildHours } from './duckdb/hours/build-hours';
import { processors } from './duckdb/hours/processors';
import { findChanges, isUnchanged, type Changes } from './versions/input-changes';
import { refuseMultipliedRows } from './rule/multiplied-rows';
import { changed, isChanged } from '../clients/storage/errors';
import { locationOf } from '../clients/storage/location';
import { ignoreMissing, isMissing } from '../clients/storage/local/fs-errors';
import { regularFileWithin } from '../clients/storage/local/safe-path';
import { hashFile } from './input/hash-file';
import { listInput, withInput, type ListedInput } from './input/input-files';
import type { InputPlace } from './input/listed-file';
import type { LoadedPipeline } from './model/loaded-pipeline';
import type { TableVersions } from './model/table-version';
import { compareNeighbours, rememberNeighbours, withNeighbours } from './versions/neighbour-hours';
import { startProgress, type BuildProgress } from './model/progress';
import { previousBuild, RULES, type BuildTarget } from './versions/previous-build';
import { MANIFEST_FILE, refuseOthers, STATE_FILE, type DayOutput } from './versions/day-output';
import { fetchTables } from './tables/fetch-tables';
import { withTablesOf } from './tables/table-versions';
import { withOutput, writtenFolder } from './versions/open-output';
import { outputFailed } from './versions/output-errors';
import { buildHoursOnSpark } from './spark/build-hours';
import type { SparkProgram } from './spark/spark-program';

export interface DayBuildOptions extends BuildTarget {
  /** Finds the Spark for the engine spark. Called only if something is to be built with it. Default: none. */
  readonly findSpark?: (() => Promise<SparkProgram>) | undefined;
  /**
   * Build every hour, also those whose files did not change, and those that another process publishes meanwhile: it may
   * have taken them over from the version that is not to be trusted. Default false.
   */
  readonly force?: boolean;
  /** Bytes that DuckDB may hold before it spills to disk. Default 1 GiB. */
  readonly memoryLimit?: number;
  /** Hours that are built at the same time. Default: one per processor. */
  readonly threads?: number;
  /** See BuildContext. The built day does not depend on it: tests set it. Default 128 MiB. */
  readonly pieceBytes?: number;
  /** Ends the build with CANCELLED. The published day stays as it is. */
  readonly signal?: AbortSignal;
  /** Called about once a second, also while an hour is being built, and at the end. */
  readonly onProgress?: (progress: BuildProgress) => void;
}

/** Bytes. */
export const DEFAULT_MEMORY_LIMIT = 1024 ** 3;
/** The keys of so much text fit into the memory of a scan, and a thread starts faster than it reads it. */
const PIECE_BYTES = 128 * 1024 ** 2;

/**
 * Builds one day from its hourly files and publishes it: HH.ndjson for every hour of the day (empty for an hour without
 * records), _manifest.json, and _quarantine.ndjson if there are bad records. Builds only the hours that changed since
 * the published version, or all hours if the same identity can be in two hours. If nothing changed, it publishes
 * nothing and returns the old manifest. The tables are those that hold on the day.
 *
 * If another process publishes the day meanwhile, the input is listed again. Throws NO_INPUT, UNREADABLE_INPUT,
 * STORAGE_FAILED, STORAGE_REFUSED, STORAGE_CHANGED, OUTPUT_FAILED, BAD_TABLE, ENGINE_FAILED, MULTIPLIED_ROWS, BUILD_BUSY
 * or CANCELLED; the published day then stays as it was.
 */
export async function runDayBuild(loaded: LoadedPipeline, options: DayBuildOptions): Promise<DayManifest> {
  const { date, output: location, scratch, signal = new AbortController().signal } = options;
  const progress = startProgress(options.onProgress);
  const onFetched = (bytes: number): void => {
    progress.addFetched(bytes);
  };
  try {
    return await withOutput({ location, scratch }, date, async (output) => {
      for (let tries = 1; tries <= MOST_TRIES; tries += 1) {
        const manifest = await withInput(options.input, { scratch: output.scratch, signal, onFetched }, async (place) =>
          tryBuild(await withTablesOf(loaded, date), { ...options, place, output, signal }, progress),
        ).catch(unlessChanged(tries));
        if (manifest !== undefined) return manifest;
      }
      throw new DaybreakError('BUILD_BUSY', {
        what: `others published ${date} in ${output.place} again and again while it was being built`,
        remedy: 'Build again once they are done; the published day is theirs.',
      });
    });
  } catch (thrown) {
    throw explained(thrown, signal, writtenFolder({ location, scratch }), date);
  } finally {
    progress.stop();
  }
}

const MOST_TRIES = 3;

/** An object or a table that was replaced while the day was built is read again. */
function unlessChanged(tries: number): (thrown: unknown) => undefined {
  return (thrown) => {
    if (!isChanged(thrown) || tries === MOST_TRIES) throw thrown;
  };
}

/**
 * Undefined if another process published another version or removed the previous one: then the input must be listed
 * again.
 */
async function tryBuild(
  loaded: LoadedPipeline,
  options: Omit<DayBuildOptions, 'input' | 'output' | 'scratch'> & {
    readonly place: InputPlace;
    readonly output: DayOutput;
    readonly signal: AbortSignal;
  },
  progress: ProgressCounter,
): Promise<DayManifest | undefined> {
  const { pipeline } = loaded;
  const { date, place, output, engine, signal } = options;
  let folder: string | undefined;
  let previous: PreviousBuild | undefined;
  try {
    requireCompression(pipeline.output.compression);
    const since = await output.currentVersion();
    const current = since === undefined ? undefined : await output.read(since);
    if (current !== undefined) refuseOthers(current, pipeline.name);
    previous = options.force === true ? undefined : await previousBuild(loaded, output, current, engine);
    const files = await listInput(place, pipeline, date);
    const changes = await changesSince(previous, loaded, output, files, signal);
    if (previous !== undefined && isUnchanged(changes, files, previous)) return previous.manifest;

    // A record of a changed hour may have a duplicate in any other hour, so that all hours are built again.
    const { previous: known, ...wanted } = spansHours(pipeline) ? await findChanges(files, undefined) : changes;
    folder = await output.begin();
    const onFetched = (bytes: number): void => {
      progress.addFetched(bytes);
    };
    const tables = await fetchTables(loaded.tables, join(folder, '.tables'), { signal, onFetched });
    const plan: BuildPlan = {
      ...{ loaded: { ...loaded, tables }, date, hours: hoursOfDay(date, pipeline.timeZone) },
      ...{ input: place.name, sources: wanted.sources, changed: wanted.changed, previous: known },
      missingHours: files.missingHours,
    };
    const context: BuildContext = {
      folder,
      signal,
      memoryLimit: options.memoryLimit ?? DEFAULT_MEMORY_LIMIT,
      threads: options.threads ?? processors(),
      pieceBytes: options.pieceBytes ?? PIECE_BYTES,
      progress,
    };
    // Before the work too: most of the time since the pipeline was read may lie behind.
    await requireSameTables(tables);
    const result = await buildWith(options, plan, context, sparkLogOf(output));
    await requireSameTables(tables);
    if (engine === 'spark') requireUnchanged(files, await listInput(place, pipeline, date));
    for (const { hour, kept, written } of result.targets.values()) {
      refuseMultipliedRows(loaded, { events: kept, rows: written, of: `the hour ${hour} of ${date}` });
    }
    const targets = await compressHours(result.targets, pipeline.output.compression, context);
    const { manifest, state, takenOver } = await assembleDay(
      plan,
      { ...result, targets },
      { output, engine, folder, files, previous },
    );
    const text = `${JSON.stringify(manifest, undefined, 1)}\n`;
    await writeFile(join(folder, MANIFEST_FILE), text);
    await writeFile(join(folder, STATE_FILE), stateText({ rules: RULES[engine], ...state }));
    signal.throwIfAborted();
    const id = createHash('sha256').update(text).digest('hex').slice(0, 16);
    const keep = pipeline.retention.outputs;
    const onSent = (bytes: number): void => {
      progress.addSent(bytes);
    };
    return (await output.publish({ built: folder, id, since, keep, signal, takenOver, onSent })) ? manifest : undefined;
  } catch (thrown) {
    if (isMissing(thrown) && previous !== undefined && !(await output.isWhole(previous))) return undefined;
    throw thrown;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Throws STORAGE_CHANGED if a file of the day was written to: Spark's tasks read the parts of a file at different times, so
 * they may have read two contents of it. A local file may have grown: tasks read what was listed, and hashes show whether
 * it was the same for all. Else a file that grows all the time would let no build end.
 */
function requireUnchanged({ own }: ListedInput, now: ListedInput): void {
  const found = new Map(now.own.map((file) => [file.file, file]));
  const written = own.find(({ file, bytes, changedAt, stamp, fetch }) => {
    const again = found.get(file);
    if (fetch === undefined && again !== undefined && again.bytes > bytes) return false;
    // A stamp is empty if the file had changed shortly before.
    const isSame = stamp === '' || again?.stamp === '' || again?.stamp === stamp;
    return again?.bytes !== bytes || again.changedAt !== changedAt || !isSame;
  });
  if (written !== undefined) throw changed(`reading ${written.file}`);
}

/**
 * Throws STORAGE_CHANGED if a table in a folder is not the one any more that was chosen: the manifest would name another
 * one than the rows are of, and hours may be of different ones.
 */
async function requireSameTables(tables: TableVersions): Promise<void> {
  for (const { place, stored, local, hash } of Object.values(tables)) {
    if (stored !== undefined || local === undefined) continue;
    const now = await regularFileWithin(local.folder, local.path).then(hashFile).catch(ignoreMissing);
    if (now?.sha256 !== hash) throw changed(`reading the table ${place}`);
  }
}

/** Finds what is to be built. Neighbouring files without new records of the day are recorded as they are now. */
async function changesSince(
  previous: PreviousBuild | undefined,
  loaded: LoadedPipeline,
  output: DayOutput,
  files: ListedInput,
  signal: AbortSignal,
): Promise<Changes> {
  const changes = await findChanges(files, previous);
  if (previous === undefined || changes.touched.size === 0) return changes;
  const compared = await compareNeighbours(loaded, output.date, changes, { scratch: output.scratch, signal });
  await rememberNeighbours(output, previous, files.neighbours, compared);
  return withNeighbours(changes, compared);
}

/**
 * Absolute path of the output of Spark's driver in the day's last build with it. It is outside the versions, which do
 * not keep it.
 */
function sparkLogOf({ scratch }: DayOutput): string {
  return join(scratch, '.spark.log');
}

async function buildWith(
  { engine, findSpark }: Pick<DayBuildOptions, 'engine' | 'findSpark'>,
  plan: BuildPlan,
  context: BuildContext,
  log: string,
): Promise<EngineResult> {
  if (engine === 'duckdb') return buildHours(plan, context);
  if (findSpark !== undefined) {
    return buildHoursOnSpark(plan, context, { program: await findSpark(), input: locationOf(plan.input), log });
  }
  throw new DaybreakError('MISSING_TOOL', {
    what: 'this program was started without a Spark, which the engine spark needs',
    remedy: 'Build with the engine duckdb.',
  });
}

/** Messages of Node's file system, such as "ESTALE: stale file handle, open '…'", and of DuckDB's. */
const OF_OUTPUT =
  /^E[A-Z0-9]+: .*, [a-z]+\b|\bIO Error\b|\bfailed to offload data block\b|\bE(NOSPC|ACCES|PERM|ROFS|DQUOT|FBIG|NOTDIR|IO|NOENT)\b/;

function explained(thrown: unknown, signal: AbortSignal, output: string, date: BusinessDate): DaybreakError {
  if (signal.aborted) {
    return new DaybreakError('CANCELLED', {
      what: `the build of ${date} was cancelled`,
      remedy: 'Build again when it suits; the published day is untouched.',
      cause: thrown,
    });
  }
  if (thrown instanceof DaybreakError) return thrown;
  const message = messageOf(thrown);
  // Input errors are already DaybreakErrors. Any other error of the file system comes from the output.
  if (OF_OUTPUT.test(message)) {
    return outputFailed(output, thrown);
  }
  const memory = /\bOut of Memory\b/.test(message);
  return new DaybreakError('ENGINE_FAILED', {
    what: `DuckDB failed on ${date}: ${message.split('\n')[0] ?? message}`,
    remedy: memory
      ? 'Give the build more memory (DAYBREAK_BUILD_MEMORY), or lower events.maximumBytes; the published day is untouched.'
      : 'Look at the records and the transform named there; the published day is untouched.',
    cause: thrown,
  });
}
