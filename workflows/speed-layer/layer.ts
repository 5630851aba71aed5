import { log } from '@temporalio/workflow';
import type { KnownOffset, PartitionProgress } from '../../domain/speed-shard';
import type { SpeedLayerFailure, SpeedLayerInput, SpeedLayerStatus, SupervisorHealth } from '../../domain/speed-layer';
import { showDetails } from '../show-details';
import { describeLayer } from './describe-layer';
import { describeFailure } from './describe-failure';

/** The state of a speed layer, for its loops and its handlers. */
export class Layer {
  readonly pipeline: string;
  shards: number;
  paused: boolean;
  state: SpeedLayerStatus['state'] = 'starting';
  supervisor: SupervisorHealth | undefined;
  partitions: readonly PartitionProgress[] = [];
  /** The setup that was prepared last, as `setupOf` names it; undefined before the first time. */
  setup: string | undefined;
  /** Whether the pipeline has needed another setup since the last preparation. */
  isSetupOver: boolean;
  /** What shards have committed: Kafka may forget it while a shard that begins anew needs it. */
  known: readonly KnownOffset[];
  readonly #failures: Map<string, SpeedLayerFailure>;

  constructor(input: SpeedLayerInput) {
    const { pipeline, shards = 1, paused = false, setup, isSetupOver = false, failures = [], known = [] } = input;
    this.known = known;
    this.pipeline = pipeline;
    this.shards = shards;
    this.paused = paused;
    this.setup = setup;
    this.isSetupOver = isSetupOver;
    this.#failures = new Map(failures.map((failure) => [failure.part, failure]));
  }

  get status(): SpeedLayerStatus {
    const { pipeline, state, shards, supervisor, partitions, known } = this;
    return { pipeline, state, shards, supervisor, partitions, failures: [...this.#failures.values()], known };
  }

  /** The input of the next run when it continues as new. */
  get input(): SpeedLayerInput {
    const { pipeline, shards, paused, setup, isSetupOver, known } = this;
    return { pipeline, shards, paused, setup, isSetupOver, failures: [...this.#failures.values()], known };
  }

  /** Shows the state, and what was learnt since, in the Temporal UI. */
  show(state: SpeedLayerStatus['state'] = this.state): void {
    if (state !== this.state) log.info(`the speed layer is ${state}`, { shards: this.shards });
    this.state = state;
    showDetails(describeLayer(this.status));
  }

  failed(part: string, thrown: unknown): void {
    const message = describeFailure(thrown);
    const lastAt = new Date().toISOString();
    const { since = lastAt, tries = 0 } = this.#failures.get(part) ?? {};
    this.#failures.set(part, { part, since, lastAt, tries: tries + 1, message });
    log.warn(`${part} failed`, { message, tries: tries + 1 });
    this.show();
  }

  isFailing(part: string): boolean {
    return this.#failures.has(part);
  }

  /** @param seenFrom ISO 8601. If given, a later failure is kept. */
  recovered(part: string, seenFrom?: string): void {
    const failure = this.#failures.get(part);
    if (failure === undefined || (seenFrom !== undefined && failure.lastAt > seenFrom)) return;
    this.#failures.delete(part);
    this.show();
  }

  /** Forgets the failures of parts that no longer exist, for example shards after a scaling. */
  keepFailuresOf(parts: readonly string[]): void {
    for (const part of this.#failures.keys()) if (!parts.includes(part)) this.#failures.delete(part);
  }
}
