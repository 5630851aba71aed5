import { Context } from '@temporalio/activity';
import * as z from 'zod';
import type { KafkaCluster } from '../../clients/kafka';
import { parseInput, pipelineInput, secondsInput, shortText, wholeNumber } from '../../domain/parse-input';
import type { WrongRows } from '../../domain/row-checks';
import {
  atRest,
  committedBy,
  knownOffsetSchema,
  laterKnown,
  type LayerProgress,
  MAXIMUM_SHARDS,
  type PartitionProgress,
  type SpeedShardInput,
  type SpeedShardProgress,
  type SpeedShardResult,
} from '../../domain/speed-shard';
import type { PipelineFolders } from './accepted-pipelines';
import type { Counts } from './committed-counts';
import { LivePipeline } from './live-pipeline';
import { retryable } from './runnable-pipeline';
import { Shard } from './shard';
import { shardHeartbeats } from './shard-heartbeats';
import { withHeartbeats } from '../heartbeat';

export interface SpeedDependencies extends PipelineFolders {
  readonly kafka: KafkaCluster;
  /** Called with each heartbeat, and at the end, when nothing runs any more, for metrics. */
  readonly onProgress?: (pipeline: string, progress: SpeedShardProgress, isRunning: boolean) => void;
  /** Called with what a partition has committed since the last call, for metrics; see PartitionRunOptions. */
  readonly onCommitted?: (pipeline: string, partition: number, counts: Counts, wrong: WrongRows) => void;
}

const shardInput = z
  .object({
    pipeline: pipelineInput,
    shard: wholeNumber(0, MAXIMUM_SHARDS - 1),
    shards: wholeNumber(1, MAXIMUM_SHARDS),
    maximumSeconds: secondsInput,
    setup: shortText.optional(),
    known: z.array(knownOffsetSchema).exactOptional(),
  })
  .refine(({ shard, shards }) => shard < shards, 'shard must be below shards');
/** The part of a SpeedShardProgress that an attempt needs of the one before it. */
const lastProgress = z.object({
  topic: shortText.exactOptional(),
  partitions: z.array(knownOffsetSchema),
  known: z.array(knownOffsetSchema).default([]),
});
const partitionsInput = z.object({ afterSeconds: secondsInput, withIdleShards: z.boolean().exactOptional() });

export function createSpeedActivities({ kafka: cluster, onProgress, onCommitted, ...folders }: SpeedDependencies) {
  return {
    /**
     * Runs a share of a pipeline's partitions and sends a heartbeat with a `SpeedShardProgress` each second. Returns,
     * with everything committed, after `maximumSeconds` of reading, on cancellation, or if the pipeline needs another
     * setup. Throws SHARD_FENCED if another owner took a partition over.
     */
    async runSpeedShard(given: SpeedShardInput): Promise<SpeedShardResult> {
      const input = parseInput(shardInput, given, 'runSpeedShard');
      const context = Context.current();
      const { logger } = folders;
      const last = lastProgress.safeParse(context.info.heartbeatDetails).data;
      const told = last === undefined ? [] : laterKnown(last.known, committedBy(last));
      const known = laterKnown(input.known ?? [], told);
      let shard: Shard | undefined;
      const report = (): SpeedShardProgress => {
        if (shard === undefined) return { shard: input.shard, shards: input.shards, partitions: [], known };
        onProgress?.(input.pipeline, shard.progress, true);
        return shard.progress;
      };
      const run = async (): Promise<SpeedShardResult> => {
        const live = await retryable(LivePipeline.open(folders, input.pipeline));
        try {
          const kafka = { ...cluster, clientId: `daybreak-${input.pipeline}-${input.shard}`, logger };
          const { pipeline } = live;
          const onShardCommitted = (partition: number, counts: Counts, wrong: WrongRows): void =>
            onCommitted?.(pipeline.name, partition, counts, wrong);
          const options = { kafka, pipeline, input, transform: live, logger, known };
          shard = new Shard({ ...options, onCommitted: onShardCommitted });
          // The folder may have changed since the setup was prepared.
          const isOther = input.setup !== undefined && input.setup !== live.setup;
          if (isOther) return { ...shard.progress, ended: 'pipeline-changed' };
          // Each attempt opens the pipeline again, so a corrected SQL takes effect.
          return await retryable(shard.run(context.cancellationSignal));
        } finally {
          await live.close();
        }
      };
      try {
        return await withHeartbeats(report, run);
      } finally {
        if (shard !== undefined) {
          const { progress } = shard;
          onProgress?.(input.pipeline, { ...progress, partitions: atRest(progress.partitions) }, false);
        }
      }
    },

    /**
     * Waits, then returns the last heartbeats of the calling workflow's shards. A workflow cannot read them itself. One of
     * an earlier version expects the partitions alone.
     */
    async tellPartitions(input: {
      readonly afterSeconds: number;
      readonly withIdleShards?: boolean;
    }): Promise<LayerProgress | readonly PartitionProgress[]> {
      const { afterSeconds, withIdleShards = false } = parseInput(partitionsInput, input, 'tellPartitions');
      const { client, info, sleep } = Context.current();
      // A dead worker is noticed at once, and `status` shows the failure before the wait is over.
      await withHeartbeats('waiting until it is time to read it', () => sleep(afterSeconds * 1_000));
      const progress = await shardHeartbeats(client, info.workflowExecution?.workflowId ?? '');
      return withIdleShards ? progress : progress.partitions;
    },
  };
}
