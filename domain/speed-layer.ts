import * as z from 'zod';
import { parseInput, pipelineInput, shortText, wholeNumber } from './parse-input';
import { MAXIMUM_SHARDS, type PartitionProgress } from './speed-shard';

/** Input of the `speedLayer` workflow, and what it hands to itself when it continues as new. */
export interface SpeedLayerInput {
  readonly pipeline: string;
  /** How many shard activities share the partitions, 1 to 1,000. Default 1. */
  readonly shards?: number;
  /** Default false. */
  readonly paused?: boolean;
  /** What was prepared last; see `setupOf`. Default: nothing yet. */
  readonly setup?: string | undefined;
  /** Whether the pipeline has needed another setup since. Default false. */
  readonly isSetupOver?: boolean;
  /** Default: none. */
  readonly failures?: readonly SpeedLayerFailure[];
}

/** A part of the layer whose activity failed: it is tried again until it succeeds. */
export interface SpeedLayerFailure {
  /** 'preparation', 'watch of the supervisor', 'look at the partitions' or such as 'shard 1 of 2'. */
  readonly part: string;
  /** When it failed first and last, ISO 8601. */
  readonly since: string;
  readonly lastAt: string;
  /** How often it failed. */
  readonly tries: number;
  /** Code, what failed and what to do. */
  readonly message: string;
}

export function failureText(failure: SpeedLayerFailure): string {
  return `${failureAge(failure)}: ${failure.message}`;
}

export function failureAge({ since, tries }: SpeedLayerFailure): string {
  return `fails since ${since} (${tries} ${tries === 1 ? 'time' : 'times'})`;
}

const failureSchema = z.strictObject({
  part: shortText,
  since: shortText,
  lastAt: shortText,
  tries: z.int(),
  message: z.string(),
}) satisfies z.ZodType<SpeedLayerFailure>;

const shards = wholeNumber(1, MAXIMUM_SHARDS);

/** What a caller may start a speed layer with. */
export const speedLayerInputSchema = z.strictObject({
  pipeline: pipelineInput,
  shards: shards.exactOptional(),
  paused: z.boolean().exactOptional(),
  setup: shortText.optional(),
  isSetupOver: z.boolean().exactOptional(),
  failures: z.array(failureSchema).exactOptional(),
}) satisfies z.ZodType<SpeedLayerInput>;

/**
 * What a layer continues as new with: it may come from an earlier version, which took any number of shards, or from a later
 * one, which has more fields. Nothing of it ends a layer that runs: see `startableShards`.
 */
export const continuedSpeedLayerSchema = z.object({
  ...speedLayerInputSchema.shape,
  shards: z.number().exactOptional(),
  failures: z.array(z.object(failureSchema.shape)).exactOptional(),
}) satisfies z.ZodType<SpeedLayerInput>;

/** The number of shards that a layer can run with which is the closest to a given one. */
export function startableShards(given: number): number {
  return Math.min(MAXIMUM_SHARDS, Math.max(1, Math.trunc(given)));
}

/** A number of shards; throws WRONG_USAGE for anything else. */
export function parseShards(given: unknown): number {
  return parseInput(shards, given, 'scale');
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

/** What the preparation's failure says where Druid alone is at fault, as the first of its details. */
export interface UnpreparedSetup {
  /** What the shards may run with, where it is not changed. */
  readonly setup: string;
  /** Whether Druid may not know some columns of its rows: another setup was prepared before. */
  readonly isChanged: boolean;
}

export interface SpeedLayerStatus {
  readonly pipeline: string;
  readonly state: 'starting' | 'running' | 'pausing' | 'paused';
  readonly shards: number;
  readonly supervisor: SupervisorHealth | undefined;
  /** As of the last look, a minute ago at most while it runs; empty before the first. */
  readonly partitions: readonly PartitionProgress[];
  /** What does not succeed at the moment; absent where the worker has an earlier version. */
  readonly failures?: readonly SpeedLayerFailure[];
}

export function speedLayerId(pipeline: string): string {
  return `speed-layer/${pipeline}`;
}
