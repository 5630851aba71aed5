import {
  ActivityCancellationType,
  allHandlersFinished,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SpeedLayerActivities } from '../activities';
import type { SpeedLayerInput, SpeedLayerStatus, SupervisorHealth } from '../domain/speed-layer';

export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
/** Sets the number of shards; answers with the new number. */
export const scaleUpdate = defineUpdate<number, [number]>('scale');
export const statusQuery = defineQuery<SpeedLayerStatus>('status');

/** A shard ends by itself after this, so that a new partition is noticed and the history stays small. */
const SHARD_SECONDS = 600;

const { prepareSpeedLayer } = proxyActivities<SpeedLayerActivities>({
  startToCloseTimeout: '1 minute',
  // Kafka and Druid may come up long after the workflow: it waits for them for as long as it takes.
  retry: { initialInterval: '1 second', maximumInterval: '15 seconds' },
});

const { runSpeedShard, watchSupervisor } = proxyActivities<SpeedLayerActivities>({
  startToCloseTimeout: `${SHARD_SECONDS + 120} seconds`,
  heartbeatTimeout: '10 seconds',
  // A pause is over only when the shards have committed what they had.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', backoffCoefficient: 1.5, maximumInterval: '15 seconds' },
});

/** The speed layer of a pipeline: runs for ever, and continues as new when its history has grown. */
export async function speedLayer({ pipeline, shards = 1, paused = false }: SpeedLayerInput): Promise<never> {
  let state: SpeedLayerStatus['state'] = 'starting';
  let supervisor: SupervisorHealth | undefined;
  let turn: CancellationScope | undefined;

  const status = (): SpeedLayerStatus => ({ pipeline, state, shards, supervisor });
  const tell = (next: SpeedLayerStatus['state']): void => {
    state = next;
    setCurrentDetails(describe(status()));
  };
  setHandler(statusQuery, status);
  setHandler(pauseSignal, () => {
    paused = true;
    if (state !== 'paused') tell('pausing');
    turn?.cancel();
  });
  setHandler(resumeSignal, () => {
    paused = false;
  });
  setHandler(
    scaleUpdate,
    (wanted) => {
      shards = wanted;
      turn?.cancel();
      return wanted;
    },
    {
      validator: (wanted) => {
        if (!Number.isInteger(wanted) || wanted < 1) throw new Error(`${wanted} is not a number of shards: 1 or more`);
      },
    },
  );

  while (!workflowInfo().continueAsNewSuggested) {
    if (paused) {
      tell('paused');
      await condition(() => !paused);
    }
    tell('starting');
    await prepareSpeedLayer({ pipeline });
    if (paused) continue; // A pause may have come meanwhile.
    turn = new CancellationScope();
    tell('running');
    try {
      await turn.run(() => runTurn());
    } catch (thrown) {
      // A cancelled workflow ends; a cancelled turn makes room for a pause or for another number of shards.
      if (!isCancellation(thrown) || CancellationScope.current().consideredCancelled) throw thrown;
    }
    turn = undefined;
  }
  await condition(allHandlersFinished);
  return continueAsNew<typeof speedLayer>({ pipeline, shards, paused });

  /** Every shard once, and the supervisor watched meanwhile. */
  async function runTurn(): Promise<void> {
    const watching = new CancellationScope();
    const watched = watching
      .run(() => watch())
      .catch((thrown: unknown) => {
        if (!isCancellation(thrown)) throw thrown;
      });
    try {
      await Promise.all(
        Array.from({ length: shards }, (_, shard) =>
          runSpeedShard({ pipeline, shard, shards, maximumSeconds: SHARD_SECONDS }),
        ),
      );
    } finally {
      watching.cancel();
      await watched;
    }
  }

  async function watch(): Promise<never> {
    for (;;) {
      supervisor = await watchSupervisor({ pipeline, known: supervisor ?? null, maximumSeconds: SHARD_SECONDS });
      tell(state);
    }
  }
}

function describe({ state, shards, supervisor }: SpeedLayerStatus): string {
  const druid =
    supervisor === undefined
      ? 'not looked at yet'
      : [supervisor.state, supervisor.remedy, supervisor.sealedUntil && `sealed until ${supervisor.sealedUntil}`]
          .filter((part) => part !== undefined)
          .join('; ');
  return `**${state}** with ${shards} shard(s)\n\nDruid supervisor: ${druid}`;
}
