import * as z from 'zod';
import { parseInput, pipelineInput, shortText, wholeNumber } from './parse-input';
import { type KnownOffset, knownOffsetSchema, MAXIMUM_SHARDS, type PartitionProgress } from './speed-shard';

/** Input of the `speedLayer` workflow, also of its next run when it continues as new. */
export interface SpeedLayerInput {
  readonly pipeline: string;
  /** How many shard activities share the partitions, 1 to 1,000. Default 1. */
  readonly shards?: number;
  /** Default false. */
  readonly paused?: boolean;
  /** What was prepared last; see `setupOf`. Default: nothing yet. */
  readonly setup?: string | undefined;
  /** Whether the pipeline has needed another setup since then. Default false. */
  readonly isSetupOver?: boolean;
  /** Default: none. */
  readonly failures?: readonly SpeedLayerFailure[];
  /** What shards have committed. Default: nothing is known. */
  readonly known?: readonly KnownOffset[];
}

/** A part of the layer whose activity failed. It is retried until it succeeds. */
export interface SpeedLayerFailure {
  /** 'preparation', 'watch of the supervisor', 'state of the partitions' or for example 'shard 1 of 2'. */
  readonly part: string;
  /** When it first and last failed, ISO 8601. */
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

/** The input with which a caller may start a speed layer. */
export const speedLayerInputSchema = z.strictObject({
  pipeline: pipelineInput,
  shards: shards.exactOptional(),
  paused: z.boolean().exactOptional(),
  setup: shortText.optional(),
  isSetupOver: z.boolean().exactOptional(),
  failures: z.array(failureSchema).exactOptional(),
  known: z.array(knownOffsetSchema).exactOptional(),
}) satisfies z.ZodType<SpeedLayerInput>;

/**
 * The input when a layer continues as new. It may come from an earlier version, which accepted any number of shards, or
 * from a later one, which has more fields. None of this ends a running layer: see `startableShards`.
 */
export const continuedSpeedLayerSchema = z.object({
  ...speedLayerInputSchema.shape,
  shards: z.number().exactOptional(),
  failures: z.array(z.object(failureSchema.shape)).exactOptional(),
}) satisfies z.ZodType<SpeedLayerInput>;

/** The possible number of shards that is closest to the given one. */
export function startableShards(given: number): number {
  return Math.min(MAXIMUM_SHARDS, Math.max(1, Math.trunc(given)));
}

/** A number of shards; throws WRONG_USAGE for anything else. */
export function parseShards(given: unknown): number {
  return parseInput(shards, given, 'scale');
}

/** The health of Druid's supervisor, in one line, with a remedy if it needs one. */
export interface SupervisorHealth {
  readonly healthy: boolean;
  /** Druid's detailed state, or 'ABSENT'. */
  readonly state: string;
  readonly remedy?: string;
  /** The instant from which realtime takes rows, ISO 8601; absent before the first seal. */
  readonly sealedUntil?: string;
}

/** The first detail of the preparation's failure if only Druid is at fault. */
export interface UnpreparedSetup {
  /** The setup that the shards may run with if it is not changed. */
  readonly setup: string;
  /** Whether Druid may not know some columns of the rows: another setup was prepared before. */
  readonly isChanged: boolean;
}

export interface SpeedLayerStatus {
  readonly pipeline: string;
  readonly state: 'starting' | 'running' | 'pausing' | 'paused';
  readonly shards: number;
  readonly supervisor: SupervisorHealth | undefined;
  /** As of the last poll, at most a minute ago while it runs; empty before the first. */
  readonly partitions: readonly PartitionProgress[];
  /** What currently fails; absent if the worker has an earlier version. */
  readonly failures?: readonly SpeedLayerFailure[];
  /** What its shards have committed, for the layer after it; absent if the worker has an earlier version. */
  readonly known?: readonly KnownOffset[];
}

export function speedLayerId(pipeline: string): string {
  return `speed-layer/${pipeline}`;
}
