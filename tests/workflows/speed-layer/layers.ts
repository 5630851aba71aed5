import { ApplicationFailure, CancelledFailure, Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import { CancelledFailure as WorkflowCancelled } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SpeedLayerActivities } from '../../../activities';
import { speedLayerId, type SpeedLayerInput, type SpeedLayerStatus } from '../../../domain/speed-layer';
import type { PartitionProgress, SpeedShardInput } from '../../../domain/speed-shard';
import type { speedLayer } from '../../../workflows';
import { failureOf, type Held, until, type WorkflowTests } from '../environment';

export const SETUP = 'prepared';
export const PARTITION: PartitionProgress = {
  partition: 0,
  offset: 7,
  highWatermark: 9,
  lag: 2,
  eventsPerSecond: 1.4,
  events: 7,
  rows: 7,
  deadLetters: 0,
};

/** Shards that run until they are cancelled, and then need a moment to commit. */
export class Shards {
  readonly started: SpeedShardInput[] = [];
  readonly committed: SpeedShardInput[] = [];
  readonly #committing: Held | undefined;

  /** @param committing if given, a shard's last commit takes until it is released. */
  constructor(committing?: Held) {
    this.#committing = committing;
  }

  get running(): readonly SpeedShardInput[] {
    return this.started.filter((one) => !this.committed.includes(one));
  }

  async run(input: SpeedShardInput): Promise<never> {
    this.started.push(input);
    await untilCancelled();
    await this.#committing?.passed();
    this.committed.push(input);
    throw new CancelledFailure('CANCELLED');
  }
}

export async function untilCancelled(): Promise<void> {
  const { cancellationSignal, heartbeat } = Context.current();
  while (!cancellationSignal.aborted) {
    heartbeat();
    await sleep(20);
  }
}

export function layer(shards: Shards, changed: Partial<SpeedLayerActivities> = {}): SpeedLayerActivities {
  const runSpeedShard = (input: SpeedShardInput): Promise<never> => shards.run(input);
  return {
    prepareSpeedLayer: () => Promise.resolve({ setup: SETUP }),
    runSpeedShard,
    async watchSupervisor({ known }) {
      if (known === null) return { healthy: true, state: 'RUNNING', sealedUntil: '2026-11-22T15:00:00Z' };
      await untilCancelled();
      throw new CancelledFailure('CANCELLED');
    },
    async tellPartitions() {
      await sleep(100);
      return [PARTITION];
    },
    ...changed,
  };
}

export type Handle = Pick<WorkflowHandle<typeof speedLayer>, 'query'>;
export const status = (handle: Handle): Promise<SpeedLayerStatus> => handle.query<SpeedLayerStatus>('status');
export const untilState = (handle: Handle, state: SpeedLayerStatus['state']): Promise<void> =>
  until(async () => (await status(handle)).state === state);
export const failures = async (handle: Handle) => (await status(handle)).failures ?? [];

export const REFUSED = 'Druid answered 401. Set DRUID_USERNAME and DRUID_PASSWORD';
/** As the worker passes on a DaybreakError that a retry cannot solve. */
export const refused = (code = 'DRUID_REFUSED', ...details: unknown[]): ApplicationFailure =>
  ApplicationFailure.create({ type: code, message: `${REFUSED}.`, nonRetryable: true, details });

let started = 0;

/** Starts a layer, and cancels it after `work`, so that no work is left for the worker. */
export async function running(
  temporal: WorkflowTests,
  activities: SpeedLayerActivities,
  input: Partial<SpeedLayerInput>,
  work: (handle: WorkflowHandle<typeof speedLayer>) => Promise<void>,
): Promise<void> {
  await temporal.serve(activities, async () => {
    started += 1;
    const pipeline = `p${started}`;
    const workflowId = speedLayerId(pipeline);
    await temporal.client.workflow.start<typeof speedLayer>('speedLayer', {
      taskQueue: temporal.taskQueue,
      workflowId,
      args: [{ pipeline, ...input }],
    });
    // Not of a particular run, because the workflow continues as new.
    const handle = temporal.client.workflow.getHandle<typeof speedLayer>(workflowId);
    await work(handle);
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(WorkflowCancelled);
  });
}
