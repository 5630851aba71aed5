import type { KafkaLogger } from '../../clients/kafka';
import { DaybreakError, messageOf, type ErrorCode } from '../../domain/errors';
import { speedSetup } from '../../domain/speed-setup';
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
  /** Set if it is not the folder's pipeline because that one does not pass its checks: the reason, and what to do. */
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
/** In bytes, for the tables and a micro-batch. */
const MEMORY_LIMIT = 512 * 2 ** 20;
/** Once somebody corrects the folder, or the storage of a table answers, the speed layer goes on. */
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
 * one that passed on this machine. An accepted pipeline is kept as a copy. So an edit that does not pass changes
 * nothing for realtime, even after a restart of the worker.
 *
 * Throws BAD_PIPELINE, BAD_TRANSFORM, BAD_TABLE or UNKNOWN_PIPELINE if none has passed yet.
 */
export async function acceptedPipeline(folders: PipelineFolders, name: string): Promise<AcceptedPipeline> {
  const copies = realtimeFolder(folders.data, name);
  try {
    return await acceptFolder(folders, name, copies);
  } catch (thrown) {
    if (!isCorrectable(thrown)) throw thrown;
    const copy = await openCurrentCopy(copies, name, { memoryLimit: MEMORY_LIMIT });
    if (copy === undefined) throw thrown;
    return { ...copy, kept: `${thrown.code}: ${thrown.what}. ${thrown.remedy}` };
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
      if (Object.values(read.tables).some(({ local }) => local === undefined)) throw thrown;
      notKept(thrown);
      return openPipeline(read, folder, { memoryLimit: MEMORY_LIMIT });
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
    return await openPipeline(copy, folder, { memoryLimit: MEMORY_LIMIT });
  } catch (thrown) {
    if (!isCorrectable(thrown)) throw thrown;
    if (isSamePipeline(copy, await readPipeline(folder, now))) throw thrown;
    return undefined;
  }
}
