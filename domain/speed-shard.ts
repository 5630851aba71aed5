import * as z from 'zod';
import { shortText } from './parse-input';
import { addWrongRows, type WrongRows } from './row-checks';

/** The maximum for one layer: as many as a topic that Daybreak creates may have partitions. */
export const MAXIMUM_SHARDS = 1_000;

/** A share of a topic's partitions: partition p belongs to shard p % shards. */
export interface SpeedShardInput {
  readonly pipeline: string;
  /** 0 to shards - 1. */
  readonly shard: number;
  readonly shards: number;
  /** The shard commits and ends by itself after reading for this time. */
  readonly maximumSeconds: number;
  /**
   * The setup that was prepared for the shard. A pipeline that needs another setup is not run. Absent: not compared.
   */
  readonly setup?: string | undefined;
  /** What shards before had committed. Default: nothing is known. */
  readonly known?: readonly KnownOffset[];
}

/** The progress of a partition. Offsets are below 2^53. */
export interface PartitionProgress {
  readonly partition: number;
  /** The next offset to read. Everything before it is committed together with its output. */
  readonly offset: number;
  /** The offset after the newest record that the broker had at the last poll. */
  readonly highWatermark: number;
  readonly lag: number;
  /** Events a second, over the last few seconds. */
  readonly eventsPerSecond: number;
  /** Events, output rows and dead letters committed since `since`, over all runs. */
  readonly events: number;
  readonly rows: number;
  readonly deadLetters: number;
  /** What the checks of the pipeline found. Absent before this run has opened the partition, and if there are none. */
  readonly checks?: RunChecks;
  /** ISO 8601: the first commit that counts, not the start of a run. Absent until this run has opened the partition. */
  readonly since?: string;
  /** ISO 8601; absent before this run's first commit. */
  readonly lastCommitAt?: string;
  /** Set if this run did not begin at the committed offset because that offset was gone. */
  readonly reset?: OffsetReset;
  /** Why the partition is blocked, or slow since its events fail, at the moment; absent if it is not. */
  readonly trouble?: string;
  /** The version of its shard; see SpeedShardProgress. */
  readonly version?: string;
  readonly topic?: string;
  readonly kept?: string;
}

/** What the checks found in the rows that a run of a shard has committed. A later run counts from 0 again. */
export interface RunChecks {
  /** ISO 8601: when the run opened the partition. */
  readonly since: string;
  /** Has every check, also those that found nothing. */
  readonly wrong: WrongRows;
}

/** What the checks found in all partitions, since the earliest run began. Undefined if no partition reports checks. */
export function checksOf(partitions: readonly PartitionProgress[]): RunChecks | undefined {
  const found = partitions.flatMap(({ checks }) => checks ?? []);
  const [since] = found.map((one) => one.since).sort();
  if (since === undefined) return undefined;
  return { since, wrong: found.map(({ wrong }) => wrong).reduce(addWrongRows) };
}

/** Why partitions keep a pipeline although their folder holds a changed one. */
export interface KeptPipeline {
  readonly version: string;
  readonly reason: string;
  readonly partitions: readonly number[];
}

/** Each version with each reason once. */
export function keptReasons(partitions: readonly PartitionProgress[]): KeptPipeline[] {
  const found = new Map<string, KeptPipeline>();
  for (const { partition, version = '', kept: reason } of partitions) {
    if (reason === undefined) continue;
    const key = `${version} ${reason}`;
    found.set(key, { version, reason, partitions: [...(found.get(key)?.partitions ?? []), partition] });
  }
  return [...found.values()];
}

/** The instants from which the counts of the partitions start, the earliest first; empty if no partition is open. */
export function countedSince(partitions: readonly PartitionProgress[]): string[] {
  return [...new Set(partitions.flatMap(({ since }) => since ?? []))].sort();
}

/** The part of the progress that stays true of partitions that nobody reads now. */
export function atRest(partitions: readonly PartitionProgress[]): PartitionProgress[] {
  return withoutRate(partitions.map(({ trouble: _over, ...one }) => one));
}

/** The progress of partitions of which it is not known whether somebody reads them: a trouble may well last. */
export function withoutRate(partitions: readonly PartitionProgress[]): PartitionProgress[] {
  return partitions.map((one) => ({ ...one, eventsPerSecond: 0 }));
}

/**
 * The committed offset was outside the partition. If it was below the start, the records in between were removed before
 * they were read; the nightly batch has them from the files. If it was above the end, the topic was created again and
 * is read from its start.
 */
export interface OffsetReset {
  readonly reason: 'removed' | 'topic-made-anew';
  readonly committed: number;
  readonly startedAt: number;
}

/** Why a partition is blocked, else which records its run had to skip, in one line; empty if neither. */
export function troubleOf({ trouble, reset }: Pick<PartitionProgress, 'trouble' | 'reset'>): string {
  return trouble ?? (reset === undefined ? '' : `${reset.reason}: ${reset.committed} → ${reset.startedAt}`);
}

/** What a shard reports with each heartbeat, and returns at its end. */
export interface SpeedShardProgress {
  readonly shard: number;
  readonly shards: number;
  /** The version of the pipeline that makes its rows: transform, settings that change rows, and tables. */
  readonly version?: string;
  /** Set while the folder holds a changed pipeline that does not pass its checks: the reason, and what to do. */
  readonly kept?: string;
  /** The topic that is read. Absent from a worker of an earlier version. */
  readonly topic?: string;
  /** Set once it knows its partitions, which may be none. Absent from a worker of an earlier version. */
  readonly isAssigned?: true;
  readonly partitions: readonly PartitionProgress[];
  /** What was committed before of the partitions that this one has not begun with. */
  readonly known?: readonly KnownOffset[];
}

/** What the shards of a layer reported last. */
export interface LayerProgress {
  readonly partitions: readonly PartitionProgress[];
  /** The shards that know that they have no partition. */
  readonly idleShards: readonly number[];
}

/** The same of what a worker of an earlier version reports, which is the partitions alone. */
export function layerProgressOf(reported: LayerProgress | readonly PartitionProgress[]): LayerProgress {
  return 'partitions' in reported ? reported : { partitions: reported, idleShards: [] };
}

/** An offset that was committed. Without its topic it says nothing: the pipeline may have had another one. */
export interface KnownOffset {
  readonly topic?: string;
  readonly partition: number;
  readonly offset: number;
}

export const knownOffsetSchema = z.object({
  topic: shortText.exactOptional(),
  partition: z.number(),
  offset: z.number(),
}) satisfies z.ZodType<KnownOffset>;

/** What a shard has committed, with its topic. */
export function committedBy({
  topic,
  partitions,
}: Pick<SpeedShardProgress, 'topic'> & { readonly partitions: readonly KnownOffset[] }): KnownOffset[] {
  return partitions.map((one) => ({ ...one, ...(topic !== undefined && { topic }) }));
}

/** The last known offset of each partition. Offset 0 says nothing: that run has not begun, or nothing was committed. */
export function laterKnown(before: readonly KnownOffset[], after: readonly KnownOffset[]): KnownOffset[] {
  const known = [...before, ...after.filter(({ offset }) => offset > 0)].map(
    ({ topic, partition, offset }) =>
      [partition, { ...(topic !== undefined && { topic }), partition, offset }] as const,
  );
  return [...new Map(known).values()];
}

export interface SpeedShardResult extends SpeedShardProgress {
  /**
   * `time-over`: after maximumSeconds. `cancelled`: on a pause, a scaling or a worker's shutdown. `pipeline-changed`:
   * the pipeline needs other topics or another supervisor than were prepared. In each case everything is committed.
   */
  readonly ended: 'time-over' | 'cancelled' | 'pipeline-changed';
}

/** The consumer group in which replays of dead letters commit their progress. */
export function replayGroupOf(pipeline: string): string {
  return `daybreak.${pipeline}.dlq`;
}

/** The consumer group in which the speed layer commits its offsets. */
export function speedGroupOf(pipeline: string): string {
  return `daybreak.${pipeline}`;
}

/** The transactional id of a partition's owner. It is the same for every owner. */
export function transactionalIdOf(pipeline: string, topic: string, partition: number): string {
  return `daybreak.${pipeline}.${topic}.${partition}`;
}
