import { createReadStream } from 'node:fs';
import { open, readdir, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { DayManifest, HourOutput, RecordCounts, UnreadFile } from '../../domain/day-manifest';
import { DaybreakError } from '../../domain/errors';
import { isHourly } from '../../domain/file-pattern';
import type { Pipeline } from '../../domain/pipeline';
import type { BuildState, PreviousBuild, SourceState } from './build-state';
import type { DayOutput, NewVersion } from './day-output';
import type { BuildPlan, EngineResult, SourceHour, TargetHour } from '../model/build-plan';
import type { ListedInput } from '../input/input-files';
import { filesOf } from '../tables/table-versions';
import { QUARANTINE_FILE } from './quarantine';
import { rowFormOf } from './row-form';

export interface Assembly {
  readonly output: DayOutput;
  readonly engine: DayManifest['engine'];
  readonly folder: string;
  readonly files: ListedInput;
  readonly previous: PreviousBuild | undefined;
}

/**
 * Completes the folder of a new version. The files of unchanged hours stay where they are: `takenOver` names those that
 * the new version takes over from the previous one.
 */
export async function assembleDay(
  plan: BuildPlan,
  result: EngineResult,
  { output, engine, folder, files, previous }: Assembly,
): Promise<{ manifest: DayManifest; state: Omit<BuildState, 'rules'>; takenOver: NewVersion['takenOver'] }> {
  const hours = new Map<string, TargetHour>();
  const taken: string[] = [];
  for (const hour of plan.hours) {
    const built = result.targets.get(hour);
    const target = built ?? unchangedHour(hour, previous);
    if (built === undefined) taken.push(target.file);
    hours.set(hour, target);
  }
  const sources = [...plan.sources.keys()].map((hour) =>
    found(result.sources.get(hour) ?? plan.previous.get(hour), hour),
  );
  const parts = await joinQuarantine(plan, result, { output, folder, previous });
  for (const name of await readdir(folder)) {
    if (name.startsWith('.')) await rm(join(folder, name), { recursive: true });
  }
  const { pipeline, hashes, tables } = plan.loaded;
  const counts = countsOf(sources, [...hours.values()]);
  const quarantine = counts.quarantined > 0 && { quarantine: { file: QUARANTINE_FILE, records: counts.quarantined } };
  const unreadFiles = sources.flatMap((source) => source.unreadFiles ?? []);
  refuseUnread(sources, unreadFiles);
  const damagedNeighbours = sources.flatMap((source) => source.damagedFiles ?? []);
  const truncatedFiles = sources.flatMap((source) => source.truncatedFiles).sort();
  return {
    manifest: {
      formatVersion: 1,
      pipeline: pipeline.name,
      date: plan.date,
      timeZone: pipeline.timeZone,
      engine,
      ...hashes,
      tableFiles: filesOf(tables),
      counts,
      missingHours: plan.missingHours,
      hours: [...hours.values()].map((hour) => outputOf(hour, pipeline)),
      inputs: sources
        .filter(({ neighbour }) => neighbour?.records !== 0)
        .flatMap(({ files }) => files)
        .sort((a, b) => (a.file < b.file ? -1 : 1)),
      ...(truncatedFiles.length > 0 && { truncatedFiles }),
      ...(unreadFiles.length > 0 && { unreadFiles }),
      ...(damagedNeighbours.length > 0 && { damagedNeighbours }),
      ...quarantine,
    },
    state: {
      stamps: Object.fromEntries([...files.own, ...files.neighbours].map(({ file, stamp }) => [file, stamp])),
      sources: sources.map(({ files, ...source }) => ({
        ...source,
        ...(source.neighbour !== undefined && { files }),
        quarantineBytes: parts.get(source.hour) ?? 0,
      })),
      kept: Object.fromEntries([...hours.values()].map(({ hour, kept }) => [hour, kept])),
      figures: Object.fromEntries(
        [...hours.values()].flatMap(({ hour, figures }) => (figures === undefined ? [] : [[hour, figures]])),
      ),
      form: rowFormOf(plan.loaded),
    },
    takenOver: previous && { from: previous.version, files: taken },
  };
}

/** Throws UNREADABLE_INPUT where the day's own files are all of a kind that is not read: that is a setting, not a bad file. */
function refuseUnread(sources: readonly SourceHour[], unread: readonly UnreadFile[]): void {
  const [first] = unread;
  const own = sources.flatMap(({ files, neighbour }) => (neighbour === undefined ? files : []));
  if (first === undefined || own.length > unread.length) return;
  throw new DaybreakError('UNREADABLE_INPUT', {
    what: `none of the day's input files can be read, as ${first.file}: ${first.reason}`,
    remedy:
      'Change files.framing or files.pattern in pipeline.yaml, or bring the files in a way that is read; nothing was published.',
  });
}

/** If one file covers a day, no record is misplaced. */
function outputOf({ kept: _kept, figures: _figures, ...output }: TargetHour, { files }: Pipeline): HourOutput {
  return isHourly(files.pattern) ? output : { ...output, misfiled: 0 };
}

function countsOf(sources: readonly SourceHour[], hours: readonly TargetHour[]): RecordCounts {
  const total = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0);
  const counts = {
    read: total(sources.map(({ read }) => read)),
    written: total(hours.map(({ written }) => written)),
    filtered: total(hours.map(({ filtered }) => filtered)),
    multiplied: total(hours.map(({ multiplied }) => multiplied)),
    duplicates: total(hours.map(({ duplicates }) => duplicates)),
    quarantined: total(sources.map(({ quarantined }) => quarantined)),
    outsideDay: total(sources.map(({ outsideDay }) => outsideDay)),
    kept: total(hours.map(({ kept }) => kept)),
    fromNeighbours: total(sources.map(({ read, neighbour }) => (neighbour === undefined ? 0 : read))),
  };
  const { read, written, filtered, multiplied, duplicates, quarantined, outsideDay } = counts;
  if (read + multiplied !== written + filtered + duplicates + quarantined + outsideDay) {
    throw new Error(`the counts of the day do not add up: ${JSON.stringify(counts)}`);
  }
  return counts;
}

function unchangedHour(hour: string, previous: PreviousBuild | undefined): TargetHour {
  const output = found(
    previous?.manifest.hours.find((candidate) => candidate.hour === hour),
    hour,
  );
  return { ...output, kept: previous?.state.kept[hour] ?? 0, figures: previous?.state.figures[hour] };
}

/** Resolves to the number of bytes of each source hour's part. */
async function joinQuarantine(
  plan: BuildPlan,
  result: EngineResult,
  { output, folder, previous }: Pick<Assembly, 'output' | 'folder' | 'previous'>,
): Promise<Map<string, number>> {
  const parts = new Map<string, number>();
  const path = join(folder, QUARANTINE_FILE);
  const file = await open(path, 'w');
  let written = 0;
  try {
    for (const hour of plan.sources.keys()) {
      const bytes = result.sources.has(hour)
        ? await append(partOf(result.quarantine.get(hour)), file)
        : await append(previousPart(hour, output, found(previous, hour)), file);
      parts.set(hour, bytes);
      written += bytes;
    }
  } finally {
    await file.close();
  }
  if (written === 0) await rm(path);
  return parts;
}

/** Resolves to the number of bytes. */
async function append(part: AsyncIterable<Buffer> | undefined, file: FileHandle): Promise<number> {
  let bytes = 0;
  for await (const chunk of part ?? []) {
    await file.appendFile(chunk);
    bytes += chunk.length;
  }
  return bytes;
}

/** The stream has no encoding. */
function partOf(path: string | undefined): AsyncIterable<Buffer> | undefined {
  return path === undefined ? undefined : (createReadStream(path) as AsyncIterable<Buffer>);
}

function previousPart(
  hour: string,
  output: DayOutput,
  { version, state }: PreviousBuild,
): AsyncIterable<Buffer> | undefined {
  const index = state.sources.findIndex((source) => source.hour === hour);
  const bytes = state.sources[index]?.quarantineBytes ?? 0;
  if (bytes === 0) return undefined;
  const start = state.sources
    .slice(0, index)
    .reduce((sum: number, source: SourceState) => sum + source.quarantineBytes, 0);
  return output.readPart(version, QUARANTINE_FILE, { start, end: start + bytes - 1 });
}

function found<T>(value: T | undefined, hour: string): T {
  if (value === undefined) throw new Error(`the build lost the hour ${hour}`);
  return value;
}
