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
  log,
  patched,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { SpeedLayerActivities } from '../activities';
import { ACTIVITY_SUMMARIES } from '../domain/activity-summaries';
import { keptReasons, type PartitionProgress } from '../domain/speed';
import type { SpeedLayerInput, SpeedLayerStatus, SupervisorHealth } from '../domain/speed-layer';

export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
/** Sets the number of shards; answers with the new number. */
export const scaleUpdate = defineUpdate<number, [number]>('scale');
export const statusQuery = defineQuery<SpeedLayerStatus>('status');

/** A shard ends by itself after this, so that a new partition is noticed and the history stays small. */
const SHARD_SECONDS = 600;
/** A look at the partitions puts six events into the history: once a minute it is continued as new twice a day. */
const FIRST_LOOK_SECONDS = 10;
const LOOK_SECONDS = 60;
const LONGEST_PAUSE_MS = 30_000;

const { prepareSpeedLayer } = proxyActivities<SpeedLayerActivities>({
  summary: ACTIVITY_SUMMARIES.prepareSpeedLayer,
  startToCloseTimeout: '1 minute',
  // Kafka and Druid may come up long after the workflow: it waits for them for as long as it takes.
  retry: { initialInterval: '1 second', maximumInterval: '15 seconds' },
});

const lasting = (summary: string) =>
  proxyActivities<SpeedLayerActivities>({
    startToCloseTimeout: `${SHARD_SECONDS + 120} seconds`,
    heartbeatTimeout: '10 seconds',
    // A pause is over only when the shards have committed what they had.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '1 second', backoffCoefficient: 1.5, maximumInterval: '15 seconds' },
    summary,
  });

const { watchSupervisor } = lasting(ACTIVITY_SUMMARIES.watchSupervisor);

const { tellPartitions } = proxyActivities<SpeedLayerActivities>({
  summary: ACTIVITY_SUMMARIES.tellPartitions,
  startToCloseTimeout: `${LOOK_SECONDS + 30} seconds`,
  retry: { initialInterval: '1 second', maximumInterval: '15 seconds' },
});

/** Every shard once, with one setup. */
interface Round {
  readonly scope: CancellationScope;
  readonly setup: string | undefined;
  /** Whether it ends because the pipeline needs another setup. */
  isSetupChanged: boolean;
}

/** The speed layer of a pipeline: runs for ever, and continues as new when its history has grown. */
export async function speedLayer({ pipeline, shards = 1, paused = false }: SpeedLayerInput): Promise<never> {
  let state: SpeedLayerStatus['state'] = 'starting';
  let supervisor: SupervisorHealth | undefined;
  let partitions: readonly PartitionProgress[] = [];
  let round: Round | undefined;
  /** How many rounds in a row ended with another setup. */
  let setupChanges = 0;

  const status = (): SpeedLayerStatus => ({ pipeline, state, shards, supervisor, partitions });
  const tell = (next: SpeedLayerStatus['state']): void => {
    if (next !== state) log.info(`the speed layer is ${next}`, { shards });
    state = next;
    setCurrentDetails(describe(status()));
  };
  setHandler(statusQuery, status);
  setHandler(pauseSignal, () => {
    paused = true;
    if (state !== 'paused') tell('pausing');
    round?.scope.cancel();
  });
  setHandler(resumeSignal, () => {
    paused = false;
  });
  setHandler(
    scaleUpdate,
    (wanted) => {
      shards = wanted;
      round?.scope.cancel();
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
    const prepared = await prepareSpeedLayer({ pipeline });
    if (paused) continue; // A pause may have come meanwhile.
    const current: Round = { scope: new CancellationScope(), setup: prepared?.setup, isSetupChanged: false };
    round = current;
    tell('running');
    try {
      await current.scope.run(() => runRound(current));
    } catch (thrown) {
      // A cancelled workflow ends; a cancelled round makes room for a pause or for another number of shards.
      if (!isCancellation(thrown) || CancellationScope.current().consideredCancelled) throw thrown;
    }
    round = undefined;
    setupChanges = current.isSetupChanged ? setupChanges + 1 : 0;
    // Where the folders of two workers differ, one prepares and the other ends its shard, again and again.
    if (setupChanges > 1) await condition(() => paused, Math.min(500 * 2 ** setupChanges, LONGEST_PAUSE_MS));
  }
  await condition(allHandlersFinished);
  return continueAsNew<typeof speedLayer>({ pipeline, shards, paused });

  /** Every shard once; the supervisor and the partitions are watched meanwhile. */
  async function runRound(current: Round): Promise<void> {
    const watching = new CancellationScope();
    const watched = watching
      .run(() => Promise.all([watch(), look()]))
      .catch((thrown: unknown) => {
        if (!isCancellation(thrown)) throw thrown;
      });
    try {
      await Promise.all(Array.from({ length: shards }, (_, shard) => runShard(shard, current)));
    } finally {
      watching.cancel();
      await watched;
    }
  }

  /** A shard whose pipeline needs another setup ends the others too: all start again with the new one. */
  async function runShard(shard: number, current: Round): Promise<void> {
    const summary = `${ACTIVITY_SUMMARIES.runSpeedShard}: ${shard + 1} of ${shards}`;
    const input = { pipeline, shard, shards, maximumSeconds: SHARD_SECONDS, setup: current.setup };
    const { ended } = await lasting(summary).runSpeedShard(input);
    if (ended !== 'pipeline-changed' || !patched('pipeline-changed')) return;
    current.isSetupChanged = true;
    current.scope.cancel();
  }

  async function watch(): Promise<never> {
    for (;;) {
      supervisor = await watchSupervisor({ pipeline, known: supervisor ?? null, maximumSeconds: SHARD_SECONDS });
      tell(state);
    }
  }

  async function look(): Promise<never> {
    for (let afterSeconds = FIRST_LOOK_SECONDS; ; afterSeconds = LOOK_SECONDS) {
      partitions = await tellPartitions({ afterSeconds });
      tell(state);
    }
  }
}

function describe({ state, shards, supervisor, partitions }: SpeedLayerStatus): string {
  const druid =
    supervisor === undefined
      ? 'not looked at yet'
      : [supervisor.state, supervisor.remedy, supervisor.sealedUntil && `sealed until ${supervisor.sealedUntil}`]
          .filter((part) => part !== undefined)
          .join('; ');
  const table = partitions.map(
    ({ trouble = '', ...one }) =>
      `| ${one.partition} | ${one.offset} | ${one.lag} | ${Math.round(one.eventsPerSecond)} | ${one.deadLetters} | ${one.version ?? ''} | ${trouble} |`,
  );
  const head = ['| partition | offset | lag | events/s | dead letters | version | trouble |', '|--|--|--|--|--|--|--|'];
  return [
    `**${state}** with ${shards} shard(s)\n\nDruid supervisor: ${druid}`,
    ...(table.length === 0 ? [] : [[...head, ...table].join('\n')]),
    ...keptReasons(partitions).map(({ reason, version }) => `Version ${version} stays: ${reason}`),
  ].join('\n\n');
}
