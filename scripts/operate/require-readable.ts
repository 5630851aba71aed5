import type { Client } from '@temporalio/client';
import { pipelineAttribute } from '../../domain/search-attributes';
import { NotEncrypted } from '../../worker/payload-codec';

/**
 * Call it before a run is started. Throws BAD_CONFIGURATION if this process cannot read what the pipeline's latest run
 * holds: it has no keys of the payloads, or other ones than the workers. What it starts would then not be encrypted,
 * and it could not follow it.
 */
export async function requireReadable(client: Client, pipeline: string): Promise<void> {
  const latestFirst = client.workflow.list({ query: `${pipelineAttribute.name} = '${pipeline}'`, pageSize: 1 });
  try {
    await latestFirst[Symbol.asyncIterator]().next();
  } catch (thrown) {
    // A stranger's run that has ended is listed for weeks, and hinders nobody who starts another one.
    if (!(thrown instanceof NotEncrypted)) throw thrown;
  }
}
