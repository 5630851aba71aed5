import {
  allHandlersFinished,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { atRest } from '../../domain/speed-shard';
import {
  continuedSpeedLayerSchema,
  parseShards,
  speedLayerInputSchema,
  startableShards,
  type SpeedLayerInput,
  type SpeedLayerStatus,
} from '../../domain/speed-layer';
import { checkedInput, refusing } from '../checked-input';
import { continueAsNew } from '../continue-as-new';
import { Layer } from './layer';
import { Loops } from './loops';
import { Rounds } from './rounds';

export const pauseSignal = defineSignal('pause');
export const resumeSignal = defineSignal('resume');
/** Sets the number of shards. Returns the new number. */
export const scaleUpdate = defineUpdate<number, [number]>('scale');
export const statusQuery = defineQuery<SpeedLayerStatus>('status');

/** If setups change more often than this, the folders of two workers differ. */
const LASTING_SETUP_MS = 60_000;
const LONGEST_PAUSE_MS = 30_000;

/**
 * The speed layer of a pipeline. It runs until it is cancelled, and continues as new when its history has grown. No
 * failure of an activity ends it, and no argument of its handlers does. Fails with its own code if it is started with
 * invalid input.
 */
export async function speedLayer(input: SpeedLayerInput): Promise<never> {
  const isContinued = workflowInfo().continuedFromExecutionRunId !== undefined;
  const layer = new Layer(
    isContinued
      ? startable(checkedInput(continuedSpeedLayerSchema, input))
      : checkedInput(speedLayerInputSchema, input),
  );
  const rounds = new Rounds(layer);
  let loops: Loops | undefined;
  const endRun = (): void => {
    rounds.cancel();
    loops?.scope.cancel();
  };

  setHandler(statusQuery, () => layer.status);
  setHandler(pauseSignal, () => {
    layer.paused = true;
    if (layer.state !== 'paused') layer.show('pausing');
    endRun();
  });
  setHandler(resumeSignal, () => {
    layer.paused = false;
  });
  setHandler(
    scaleUpdate,
    (wanted) => {
      layer.shards = wanted;
      endRun();
      return wanted;
    },
    {
      validator: (wanted) => {
        refusing(() => parseShards(wanted));
      },
    },
  );

  await rounds.run();
  /** The number of consecutive setups that did not last. */
  let setupChanges = 0;
  while (!workflowInfo().continueAsNewSuggested) {
    if (layer.paused) {
      layer.keepFailuresOf([]); // No part runs that could fail.
      layer.show('paused');
      await condition(() => !layer.paused);
    }
    const startedAt = Date.now();
    loops = new Loops(layer);
    await loops.run();
    layer.partitions = atRest(layer.partitions);
    // The shards have ended: because of a pause, a scaling, another setup or a grown history, or because the workflow
    // is cancelled.
    if (CancellationScope.current().consideredCancelled) await CancellationScope.current().cancelRequested;
    if (!loops.isSetupChanged) setupChanges = 0;
    else setupChanges = Date.now() - startedAt < LASTING_SETUP_MS ? setupChanges + 1 : 1;
    // If the folders of two workers differ, one prepares and the other ends its shard, again and again.
    if (setupChanges > 1) await condition(() => layer.paused, Math.min(500 * 2 ** setupChanges, LONGEST_PAUSE_MS));
  }
  await condition(allHandlersFinished);
  return continueAsNew<typeof speedLayer>(layer.input);
}

/** A run that began with another number of shards continues with it: an earlier version accepted any. */
function startable(input: SpeedLayerInput): SpeedLayerInput {
  if (input.shards === undefined) return input;
  const shards = startableShards(input.shards);
  return shards === input.shards || !patched('startable-shards') ? input : { ...input, shards };
}
