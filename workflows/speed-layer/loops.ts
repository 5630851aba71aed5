import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  condition,
  patched,
  sleep,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import { committedBy, type KnownOffset, laterKnown, layerProgressOf } from '../../domain/speed-shard';
import type { UnpreparedSetup } from '../../domain/speed-layer';
import {
  FIRST_POLL_SECONDS,
  PARTITIONS_OF_A_POLL,
  POLL_SECONDS,
  prepareSpeedLayer,
  SHARD_SECONDS,
  shardActivity,
  tellPartitions,
  watchSupervisor,
} from './proxies';
import type { Layer } from './layer';

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 15_000;
const PREPARATION = 'preparation';
const WATCH = 'watch of the supervisor';
const POLL = 'state of the partitions';

/**
 * Runs each shard and each watcher in a loop of its own until the scope is cancelled, the pipeline needs another setup,
 * or the history has grown. A failure is shown in the status and retried. It stops nothing else.
 */
export class Loops {
  readonly scope = new CancellationScope();
  /** Whether the loops ended because the pipeline needs another setup. */
  isSetupChanged = false;
  readonly #layer: Layer;
  readonly #shards: number;
  /** The setup that the shards run with; undefined as long as they must wait. */
  #running: { readonly setup: string | undefined } | undefined;

  constructor(layer: Layer) {
    this.#layer = layer;
    this.#shards = layer.shards;
    if (layer.setup !== undefined && !layer.isSetupOver) this.#running = { setup: layer.setup };
  }

  async run(): Promise<void> {
    const shards = Array.from({ length: this.#shards }, (_, shard) => shard);
    this.#layer.keepFailuresOf([PREPARATION, WATCH, POLL, ...shards.map((shard) => this.#part(shard))]);
    this.#layer.show(this.#running === undefined ? 'starting' : 'running');
    await this.scope.run(async () => {
      const loops = [
        this.#prepare(),
        this.#watch(),
        this.#poll(),
        this.#endWithHistory(),
        ...shards.map((shard) => this.#runShard(shard)),
      ];
      // Waits for all of them: a shard has ended when it has committed.
      await Promise.all(
        loops.map((loop) =>
          loop.catch((thrown: unknown) => {
            this.#ignoreCancellation(thrown);
          }),
        ),
      );
    });
  }

  #ignoreCancellation(thrown: unknown): void {
    if (!(this.scope.consideredCancelled && thrown instanceof TemporalFailure)) throw thrown;
  }

  #part(shard: number): string {
    return `shard ${shard + 1} of ${this.#shards}`;
  }

  /** Calls an activity until it succeeds, with growing pauses. */
  async #untilItSucceeds<T>(
    part: string,
    call: () => Promise<T>,
    onFailure: (thrown: ActivityFailure) => void = () => undefined,
  ): Promise<T> {
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        const result = await call();
        this.#layer.recovered(part);
        return result;
      } catch (thrown) {
        if (this.scope.consideredCancelled || !(thrown instanceof ActivityFailure)) throw thrown;
        this.#layer.failed(part, thrown);
        onFailure(thrown);
        await sleep(pause);
      }
    }
  }

  /** Repeats at intervals, because somebody may remove a topic or the supervisor. */
  async #prepare(): Promise<never> {
    const layer = this.#layer;
    for (;;) {
      const prepared = await this.#untilItSucceeds(
        PREPARATION,
        () => prepareSpeedLayer({ pipeline: layer.pipeline, prepared: layer.setup }),
        (failure) => {
          this.#runUnprepared(failure);
        },
      );
      layer.setup = prepared?.setup;
      layer.isSetupOver = false;
      this.#running = { setup: layer.setup };
      layer.show('running');
      await sleep(SHARD_SECONDS * 1_000);
    }
  }

  /**
   * Shards do not need Druid and run without it. The exception: their rows have columns that Druid may not know yet.
   */
  #runUnprepared({ cause }: ActivityFailure): void {
    const { setup, isSetupOver } = this.#layer;
    if (this.#running !== undefined || !(cause instanceof ApplicationFailure)) return;
    const [known] = (cause.details ?? []) as [UnpreparedSetup?];
    const isOver = known === undefined ? isSetupOver : known.isChanged;
    if (isOver || cause.type?.startsWith('DRUID_') !== true) return;
    this.#running = { setup: known === undefined ? setup : known.setup };
    this.#layer.show('running');
  }

  async #watch(): Promise<never> {
    const layer = this.#layer;
    for (;;) {
      // After a failure, the first poll shows that it is healthy again.
      const known = (): typeof layer.supervisor | null => (layer.isFailing(WATCH) ? null : layer.supervisor);
      layer.supervisor = await this.#untilItSucceeds(WATCH, () =>
        watchSupervisor({ pipeline: layer.pipeline, known: known() ?? null, maximumSeconds: SHARD_SECONDS }),
      );
      layer.show();
    }
  }

  async #poll(): Promise<never> {
    const layer = this.#layer;
    for (
      let afterSeconds = FIRST_POLL_SECONDS;
      ;
      afterSeconds = this.#isAnyShardFailing() ? FIRST_POLL_SECONDS : POLL_SECONDS
    ) {
      const startedAt = new Date().toISOString();
      const call = () => tellPartitions({ afterSeconds, withIdleShards: true });
      const { partitions, idleShards } = layerProgressOf(await this.#untilItSucceeds(POLL, call));
      layer.partitions = partitions;
      layer.known = laterKnown(layer.known, partitions);
      // A try that has not opened its partitions yet may fail as the ones before.
      const opened = partitions.filter(({ since }) => since !== undefined);
      for (const shard of [...opened.map(({ partition }) => partition % this.#shards), ...idleShards])
        layer.recovered(this.#part(shard), startedAt);
      layer.show();
      await this.#pauseBySize();
    }
  }

  /**
   * Makes the interval between two polls longer, by how many partitions there are. A shard that begins to fail ends the
   * pause: only a poll that began after its failure shows that it reads again.
   */
  async #pauseBySize(): Promise<void> {
    const times = Math.ceil(this.#layer.partitions.length / PARTITIONS_OF_A_POLL) - 1;
    if (times < 1 || !patched('pause-by-size')) return;
    const isFailing = this.#isAnyShardFailing();
    const seconds = times * (isFailing ? FIRST_POLL_SECONDS : POLL_SECONDS);
    await condition(() => !isFailing && this.#isAnyShardFailing(), seconds * 1_000);
  }

  #isAnyShardFailing(): boolean {
    return Array.from({ length: this.#shards }, (_, shard) => this.#part(shard)).some((part) =>
      this.#layer.isFailing(part),
    );
  }

  /** If one shard's pipeline needs another setup, all other shards end too. They start again with the new setup. */
  async #runShard(shard: number): Promise<void> {
    const layer = this.#layer;
    const { pipeline } = layer;
    const isOwn = ({ partition }: KnownOffset): boolean => partition % this.#shards === shard;
    const run = shardActivity(shard, this.#shards);
    while (!this.isSetupChanged) {
      await condition(() => this.#running !== undefined);
      const result = await this.#untilItSucceeds(this.#part(shard), () =>
        run({
          ...{ pipeline, shard, shards: this.#shards, maximumSeconds: SHARD_SECONDS, setup: this.#running?.setup },
          known: layer.known.filter(isOwn),
        }),
      );
      layer.known = laterKnown(layer.known, committedBy(result));
      if (result.ended !== 'pipeline-changed') continue;
      this.isSetupChanged = true;
      layer.isSetupOver = true;
      this.scope.cancel();
    }
  }

  async #endWithHistory(): Promise<void> {
    await condition(() => workflowInfo().continueAsNewSuggested);
    this.scope.cancel();
  }
}
