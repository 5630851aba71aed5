import { ApplicationFailure } from '@temporalio/common';
import { parsePipelineName } from '../../domain/pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { acceptedPipeline, isCorrectable, type PipelineFolders } from './accepted-pipelines';

/**
 * `acceptedPipeline` for an activity of the speed layer. If none has passed its checks yet, the activity fails, and
 * Temporal retries it until somebody corrects the folder. So the speed layer waits instead of ending.
 */
export async function runnablePipeline(folders: PipelineFolders, name: string): Promise<LoadedPipeline> {
  const { loaded, database } = await retryable(acceptedPipeline(folders, parsePipelineName(name)));
  database.close();
  return loaded;
}

/** Turns a fault of the pipeline's folder into a failure that Temporal retries, of the same type. */
export async function retryable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (thrown) {
    if (!isCorrectable(thrown)) throw thrown;
    throw ApplicationFailure.create({
      type: thrown.code,
      message: `${thrown.what}. ${thrown.remedy}`,
      nonRetryable: false,
      cause: thrown,
    });
  }
}
