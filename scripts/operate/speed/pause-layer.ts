import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { speedLayerId } from '../../../domain/speed-layer';
import { pauseSignal, resumeSignal } from '../../../workflows/speed-layer';
import { reportUntil, runningActivities } from '../follow';
import { findUnstuck, withSpeedLayer } from './speed-layer';
import { speedView, type SpeedView } from './speed-status';
import { describeStillRunning } from './still-running';

const POLL_MILLISECONDS = 500;

/**
 * Pauses the speed layer, and waits until its shards have committed what they have: true once it is paused. False if no
 * worker answers, which then pauses it later, or if somebody resumed it meanwhile. Throws NOT_RUNNING if it does not run,
 * or if its workflow tasks fail, so that its shards write on: the signal stays until a task succeeds.
 *
 * @param show called with a line whenever it waits for something else.
 */
export async function pauseSpeedLayer(
  client: Client,
  pipeline: string,
  show: (line: string) => void,
): Promise<boolean> {
  await withSpeedLayer(client, pipeline, (handle) => handle.signal(pauseSignal));
  const handle = client.workflow.getHandle(speedLayerId(pipeline));
  let answered: SpeedView | undefined;
  const paused = async (): Promise<boolean> => {
    let last = '';
    for (;;) {
      answered = await speedView(client, pipeline);
      if (answered.state === 'unknown') await findUnstuck(client, pipeline, 'NOT_RUNNING');
      if (answered.state !== 'pausing') return answered.state === 'paused';
      const running = describeStillRunning(await runningActivities(handle));
      if (running !== '' && running !== last) show(`pausing; still running: ${running}`);
      last = running;
      await sleep(POLL_MILLISECONDS);
    }
  };
  const poll = (): Promise<SpeedView | undefined> => {
    const found = answered;
    answered = undefined;
    return Promise.resolve(found);
  };
  return reportUntil(handle, paused(), { poll, report: () => undefined, say: show });
}

/**
 * Resumes the speed layer: a worker does it when it gets the signal. Throws NOT_RUNNING if it does not run, or if its
 * workflow tasks fail, so that its partitions stand still: the signal stays until a task succeeds.
 */
export async function resumeSpeedLayer(client: Client, pipeline: string): Promise<void> {
  await withSpeedLayer(client, pipeline, (handle) => handle.signal(resumeSignal));
  await findUnstuck(client, pipeline, 'NOT_RUNNING');
}
