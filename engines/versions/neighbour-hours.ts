import { rm } from 'node:fs/promises';
import type { BusinessDate } from '../../domain/business-date';
import { isNeighbour } from '../../domain/file-hours';
import { writeState, type BuildState, type PreviousBuild, type SourceState } from './build-state';
import type { DayOutput } from './day-output';
import type { SourceHour } from '../model/build-plan';
import type { Changes } from './input-changes';
import type { ListedFile } from '../input/listed-file';
import { scratchIn } from './scratch';
import type { ReadPipeline } from '../model/loaded-pipeline';

export interface ComparedNeighbours {
  /** Source hours whose records of the day differ from those in the previous build. */
  readonly changed: ReadonlySet<string>;
  /** The new records among these; all records of an hour from which some are gone. */
  readonly lateRows: number;
  /** The present content of the touched source hours. */
  readonly found: ReadonlyMap<string, SourceHour>;
}

/**
 * Reads the neighbouring files that changed since the previous build, and finds the hours whose records of the day
 * differ. Throws UNREADABLE_INPUT.
 */
export async function compareNeighbours(
  read: ReadPipeline,
  date: BusinessDate,
  { sources, previous, touched }: Changes,
  { scratch: place, signal }: { readonly scratch: string; readonly signal: AbortSignal },
): Promise<ComparedNeighbours> {
  const files = new Map([...sources].filter(([hour]) => touched.has(hour)));
  // Most comparisons find no such file, and need no DuckDB.
  if (files.size === 0) return { changed: new Set(), lateRows: 0, found: new Map() };
  const { scanNeighbours } = await import('../duckdb/hours/scan-neighbours');
  const scratch = scratchIn(place);
  try {
    const found = await scanNeighbours(read, { date, sources: files, scratch, signal });
    const changed = new Set<string>();
    let lateRows = 0;
    for (const [hour, { neighbour }] of found) {
      const before = previous.get(hour)?.neighbour ?? NOTHING;
      const now = neighbour ?? NOTHING;
      if (now.records === before.records && now.digest === before.digest) continue;
      changed.add(hour);
      lateRows += now.records > before.records ? now.records - before.records : now.records;
    }
    return { changed, lateRows, found };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const NOTHING = { records: 0, digest: '0' };

/**
 * The changes after the comparison of neighbouring files: an hour whose records of the day are the same is no change.
 */
export function withNeighbours(changes: Changes, { changed, found }: ComparedNeighbours): Changes {
  const previous = new Map(changes.previous);
  for (const [hour, source] of found) {
    if (!changed.has(hour)) previous.set(hour, asItIsNow(previous.get(hour) ?? source, source));
  }
  return { ...changes, previous, changed: new Set([...changes.changed, ...changed]), touched: new Set() };
}

/** A neighbouring hour whose files were written to and have the same records of the day. */
function asItIsNow<Source extends SourceHour | SourceState>(
  before: Source,
  { files, damagedFiles }: SourceHour,
): Source {
  return { ...before, files, damagedFiles };
}

/**
 * Records in the version the present state of neighbouring files without new records, so that they are not read again.
 */
export async function rememberNeighbours(
  output: DayOutput,
  { version, state }: Pick<PreviousBuild, 'version' | 'state'>,
  neighbours: readonly ListedFile[],
  { changed, found }: ComparedNeighbours,
): Promise<void> {
  const seen = new Map([...found].filter(([hour]) => !changed.has(hour)));
  if (seen.size === 0) return;
  const known = state.sources.map((source) => {
    const now = seen.get(source.hour);
    seen.delete(source.hour);
    return now === undefined ? source : asItIsNow(source, now);
  });
  const added = [...seen.values()].map((source) => ({ ...source, quarantineBytes: 0 }));
  const stamps = Object.fromEntries(
    neighbours.filter(({ hour }) => isNeighbour(hour) && !changed.has(hour)).map(({ file, stamp }) => [file, stamp]),
  );
  const next: BuildState = { ...state, stamps: { ...state.stamps, ...stamps }, sources: [...known, ...added] };
  await writeState(output, version, next);
}
