import {
  ActivityFailure,
  CancellationScope,
  condition,
  isCancellation,
  patched,
  workflowInfo,
} from '@temporalio/workflow';
import { atRest, layerProgressOf } from '../../domain/speed-shard';
import {
  FIRST_POLL_SECONDS,
  POLL_SECONDS,
  prepareSpeedLayer,
  SHARD_SECONDS,
  shardActivity,
  tellPartitions,
  watchSupervisor,
} from './proxies';
import type { Layer } from './layer';

/** Every shard once, with one setup. */
interface Round {
  readonly scope: CancellationScope;
  readonly setup: string | undefined;
  isSetupChanged: boolean;
}

const LONGEST_PAUSE_MS = 30_000;

/**
 * How layers ran before each shard had a loop of its own: all shards run until all have ended, then again. A layer that
 * was started this way ends its round and changes to loops at the first event that it learns of, even if that is a
 * failure.
 */
export class Rounds {
  readonly #layer: Layer;
  #current: Round | undefined;

  constructor(layer: Layer) {
    this.#layer = layer;
  }

  /** Whether the layer runs as loops now. */
  static areOver(): boolean {
    return patched('own-loops');
  }

  cancel(): void {
    this.#current?.scope.cancel();
  }

  async run(): Promise<void> {
    const layer = this.#layer;
    let setupChanges = 0;
    // A call, because the compiler assumes that a property does not change across an await.
    const isPaused = (): boolean => layer.paused;
    while (!workflowInfo().continueAsNewSuggested) {
      if (Rounds.areOver()) return;
      if (isPaused()) {
        layer.show('paused');
        await condition(() => !isPaused());
        if (Rounds.areOver()) return;
      }
      layer.show('starting');
      const prepared = await this.#prepared();
      if (Rounds.areOver()) return;
      if (isPaused()) continue; // A pause may have come meanwhile.
      layer.setup = prepared?.setup;
      const current: Round = { scope: new CancellationScope(), setup: layer.setup, isSetupChanged: false };
      this.#current = current;
      layer.show('running');
      try {
        await current.scope.run(() => this.#runRound(current));
      } catch (thrown) {
        // A cancelled workflow ends. A cancelled round makes room for a pause, another number of shards, or the loops.
        const isOver = isCancellation(thrown) || thrown instanceof ActivityFailure;
        if (!isOver || CancellationScope.current().consideredCancelled) throw thrown;
      }
      this.#current = undefined;
      layer.partitions = atRest(layer.partitions);
      layer.isSetupOver = current.isSetupChanged;
      setupChanges = current.isSetupChanged ? setupChanges + 1 : 0;
      if (setupChanges > 1) await condition(() => layer.paused, Math.min(500 * 2 ** setupChanges, LONGEST_PAUSE_MS));
    }
  }

  /** A failure is left to the loops: they prepare again. */
  async #prepared(): ReturnType<typeof prepareSpeedLayer> {
    try {
      return await prepareSpeedLayer({ pipeline: this.#layer.pipeline });
    } catch (thrown) {
      if (isCancellation(thrown) || !(thrown instanceof ActivityFailure)) throw thrown;
      return undefined;
    }
  }

  async #runRound(current: Round): Promise<void> {
    const { shards } = this.#layer;
    const watching = new CancellationScope();
    const watched = watching
      .run(() => Promise.all([this.#watch(current), this.#poll(current)]))
      .catch((thrown: unknown) => {
        if (isCancellation(thrown)) return;
        if (!(thrown instanceof ActivityFailure)) throw thrown;
        current.scope.cancel();
      });
    try {
      await Promise.all(Array.from({ length: shards }, (_, shard) => this.#runShard(shard, current)));
    } finally {
      watching.cancel();
      await watched;
    }
  }

  async #runShard(shard: number, current: Round): Promise<void> {
    const { pipeline, shards } = this.#layer;
    const input = { pipeline, shard, shards, maximumSeconds: SHARD_SECONDS, setup: current.setup };
    const { ended } = await shardActivity(shard, shards)(input);
    if (ended === 'pipeline-changed' && patched('pipeline-changed')) {
      current.isSetupChanged = true;
      current.scope.cancel();
    } else if (Rounds.areOver()) current.scope.cancel();
  }

  async #watch(current: Round): Promise<void> {
    const layer = this.#layer;
    for (;;) {
      const input = { pipeline: layer.pipeline, known: layer.supervisor ?? null, maximumSeconds: SHARD_SECONDS };
      layer.supervisor = await watchSupervisor(input);
      layer.show();
      if (Rounds.areOver()) current.scope.cancel();
    }
  }

  async #poll(current: Round): Promise<void> {
    const layer = this.#layer;
    for (let afterSeconds = FIRST_POLL_SECONDS; ; afterSeconds = POLL_SECONDS) {
      layer.partitions = layerProgressOf(await tellPartitions({ afterSeconds })).partitions;
      layer.show();
      if (Rounds.areOver()) current.scope.cancel();
    }
  }
}
