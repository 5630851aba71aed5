import type { Client } from '@temporalio/client';
import { TASK_QUEUES } from '../../../domain/task-queues';
import { scaleUpdate, statusQuery } from '../../../workflows/speed-layer';
import { reportUntil, requireWorker } from '../follow';
import { findUnstuck, withSpeedLayer } from './speed-layer';

/**
 * Changes the number of shards of the speed layer. Throws NOT_RUNNING if the layer or its workers do not run, or if its
 * workflow tasks fail.
 *
 * @param show called with a line when no worker goes on with it.
 */
export async function scaleSpeedLayer(
  client: Client,
  pipeline: string,
  shards: number,
  show: (line: string) => void,
): Promise<void> {
  // Without a worker, and with one whose tasks fail, it would wait for ever.
  await requireWorker(client, TASK_QUEUES.speed);
  await findUnstuck(client, pipeline, 'NOT_RUNNING');
  await withSpeedLayer(client, pipeline, (handle) =>
    reportUntil(handle, handle.executeUpdate(scaleUpdate, { args: [shards] }), {
      poll: () => handle.query(statusQuery),
      report: () => undefined,
      say: show,
      onCtrlC: 'Ctrl-C ends the wait: then run this command again when a worker is there.',
    }),
  );
}
