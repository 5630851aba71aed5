import type { BusinessDate } from '../../../domain/business-date';
import type { SourceHour } from '../../model/build-plan';
import type { ListedFile } from '../../input/listed-file';
import type { ReadPipeline } from '../../model/loaded-pipeline';
import { openDatabase } from '../database';
import { HourStage } from '../stage/hour-stage';
import { stageSource } from '../stage/stage-files';
import { scannerOf } from './source-reader';

/** Bytes that the scan may hold before it spills. */
const MEMORY_LIMIT = 512 * 1024 ** 2;

export interface NeighbourScan {
  readonly date: BusinessDate;
  /** The files by source hour; only of neighbouring hours. */
  readonly sources: ReadonlyMap<string, readonly ListedFile[]>;
  /** Absolute path of a folder to spill to. It is created if needed. */
  readonly scratch: string;
  readonly signal: AbortSignal;
}

/**
 * Reads files of neighbouring hours and counts the records of the day in them, by source hour. Throws UNREADABLE_INPUT.
 */
export async function scanNeighbours(
  { pipeline }: ReadPipeline,
  { date, sources, scratch, signal }: NeighbourScan,
): Promise<Map<string, SourceHour>> {
  const database = await openDatabase(pipeline, undefined, { memoryLimit: MEMORY_LIMIT, spillFolder: scratch });
  const interrupt = (): void => {
    database.connection.interrupt();
  };
  signal.addEventListener('abort', interrupt);
  try {
    const found = new Map<string, SourceHour>();
    const stage = new HourStage(database.connection, pipeline, date);
    const scanner = scannerOf(pipeline);
    for (const [hour, files] of sources) {
      const read = await stageSource(stage, { date, hour, files }, { scanner, signal });
      found.set(hour, {
        hour,
        files: read.files,
        neighbour: read.neighbour,
        truncatedFiles: [],
        ...(read.damagedFiles.length > 0 && { damagedFiles: read.damagedFiles }),
        ...(await stage.counts()),
      });
    }
    return found;
  } finally {
    signal.removeEventListener('abort', interrupt);
    database.close();
  }
}
