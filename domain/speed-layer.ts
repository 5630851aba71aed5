import type { PartitionProgress } from './speed';

/** Input of the `speedLayer` workflow, and what it hands to itself when it continues as new. */
export interface SpeedLayerInput {
  readonly pipeline: string;
  /** How many shard activities share the partitions. Default 1. */
  readonly shards?: number;
  /** Default false. */
  readonly paused?: boolean;
}

/** How Druid's supervisor does, in one line with its remedy where it needs one. */
export interface SupervisorHealth {
  readonly healthy: boolean;
  /** Druid's detailed state, or 'ABSENT'. */
  readonly state: string;
  readonly remedy?: string;
  /** From when on realtime takes rows, ISO 8601; absent before the first seal. */
  readonly sealedUntil?: string;
}

export interface SpeedLayerStatus {
  readonly pipeline: string;
  readonly state: 'starting' | 'running' | 'pausing' | 'paused';
  readonly shards: number;
  readonly supervisor: SupervisorHealth | undefined;
  /** As of the last look, a minute ago at most while it runs; empty before the first. */
  readonly partitions: readonly PartitionProgress[];
}

export function speedLayerId(pipeline: string): string {
  return `speed-layer/${pipeline}`;
}
