import type { KafkaLogger } from '../../clients/kafka';
import { localError } from '../../clients/storage/local/fs-errors';
import { DaybreakError, messageOf, type ErrorCode } from '../../domain/errors';
import { speedSetup } from '../../domain/speed-setup';
import type { DatabaseOptions } from '../../engines/duckdb/database';
import type { LoadedPipeline, ReadPipeline } from '../../engines/model/loaded-pipeline';
import { refuseConflicts } from '../../engines/pipeline/neighbour-pipelines';
import { openPipeline, type OpenPipeline } from '../../engines/pipeline/open-pipeline';
import {
  changedMeanwhile,
  copyPipeline,
  makeCurrent,
  openCurrentCopy,
  realtimeFolder,
} from '../../engines/pipeline/pipeline-copies';
import { folderNamed } from '../../engines/pipeline/pipelines-folder';
import { isSamePipeline, shortHash } from '../../engines/pipeline/pipeline-version';
import { readPipeline } from '../../engines/pipeline/read-pipeline';

/** The pipeline that the speed layer runs. Its owner closes its database. */
export interface AcceptedPipeline extends OpenPipeline {
  /** Set if it is not the folder's pipeline because that one cannot be taken: the reason, and what to do. */
  readonly kept?: string;
}

export interface PipelineFolders {
  /** The folder that has one folder for each pipeline. */
  readonly pipelines: string;
  /** See Config.data. Copies of accepted pipelines are in <data>/<pipeline>/realtime. */
  readonly data: string;
  readonly logger: KafkaLogger;
  /** The clock that decides which version of a table by date is the latest. Default: the machine's. */
  readonly now?: () => Date;
}

const READS = 3;
/** For the tables and a micro-batch. */
const MEMORY_MEBIBYTES = 512;
const DATABASE: DatabaseOptions = {
  memoryLimit: MEMORY_MEBIBYTES * 2 ** 20,
  memoryRemedy: `Make the table smaller: realtime has ${MEMORY_MEBIBYTES} MiB for all tables of a pipeline.`,
};
/** Once somebody corrects the folder, or the storage of a table answers, a speed layer that has no copy begins. */
const CORRECTABLE: readonly ErrorCode[] = [
  'BAD_PIPELINE',
  'BAD_TRANSFORM',
  'BAD_TABLE',
  'MULTIPLIED_ROWS',
  'UNKNOWN_PIPELINE',
  'BAD_CONFIGURATION',
  'STORAGE_FAILED',
  'STORAGE_REFUSED',
  'STORAGE_CHANGED',
];

/** It is read again. */
const CHANGED: readonly ErrorCode[] = ['BAD_PIPELINE', 'STORAGE_CHANGED'];

/** Whether the fault is in a folder or a storage that somebody can correct while the speed layer runs. */
export function isCorrectable(thrown: unknown): thrown is DaybreakError {
  return thrown instanceof DaybreakError && CORRECTABLE.includes(thrown.code);
}

/**
 * The pipeline of that name as the speed layer runs it: the one in its folder if it passes every check, else the last
 * one that passed on this machine. An accepted pipeline is kept as a copy. So an edit that does not pass, a table for
 * which there is too little memory, or a full disk changes nothing for realtime, even after a restart of the worker.
 *
 * Throws why the folder's pipeline cannot be taken, such as BAD_TRANSFORM, if none has passed yet.
 */
export async function acceptedPipeline(folders: PipelineFolders, name: string): Promise<AcceptedPipeline> {
  const copies = realtimeFolder(folders.data, name);
  try {
    return await acceptFolder(folders, name, copies);
  } catch (thrown) {
    const copy = await openCurrentCopy(copies, name, DATABASE);
    if (copy === undefined) throw thrown;
    return { ...copy, kept: messageOf(thrown) };
  }
}

/** A short name of what must exist before the pipeline's rows are written; see `speedSetup`. */
export function setupOf({ pipeline, outputColumns }: LoadedPipeline): string {
  return shortHash(speedSetup(pipeline, outputColumns));
}

async function acceptFolder(
  { pipelines, logger, now = () => new Date() }: PipelineFolders,
  name: string,
  copies: string,
): Promise<OpenPipeline> {
  const folder = await folderNamed(pipelines, name);
  // The speed layer also runs without a copy, until the folder is broken and the worker restarts.
  const notKept = (thrown: unknown): void => {
    logger.warn({ pipeline: name, reason: messageOf(thrown) }, 'could not keep a copy of the pipeline');
  };
  for (let reads = 1; ; reads += 1) {
    const read = await readPipeline(folder, now());
    await refuseConflicts(read);
    let copy: ReadPipeline | undefined;
    try {
      copy = await copyPipeline(read, copies);
    } catch (thrown) {
      if (thrown instanceof DaybreakError) {
        if (reads < READS && CHANGED.includes(thrown.code)) continue;
        throw thrown;
      }
      // A table in a storage is read from the copy only.
      if (Object.values(read.tables).some(({ local }) => local === undefined)) {
        throw localError(thrown, `copying ${name}`, copies);
      }
      notKept(thrown);
      return openPipeline(read, folder, DATABASE);
    }
    const opened = await openCopy(copy, folder, now());
    if (opened === undefined) {
      if (reads < READS) continue;
      throw changedMeanwhile(folder);
    }
    await makeCurrent(copy, copies).catch(notKept);
    return opened;
  }
}

/**
 * Opens the copy, which nobody edits while its tables load. Its faults are reported as faults of the folder, where
 * somebody can correct them; undefined if the folder has changed meanwhile.
 */
async function openCopy(copy: ReadPipeline, folder: string, now: Date): Promise<OpenPipeline | undefined> {
  try {
    return await openPipeline(copy, folder, DATABASE);
  } catch (thrown) {
    if (!isCorrectable(thrown)) throw thrown;
    if (isSamePipeline(copy, await readPipeline(folder, now))) throw thrown;
    return undefined;
  }
}
