import { Context } from '@temporalio/activity';
import type { KafkaCluster, KafkaLogger } from '../clients/kafka';
import {
  atRest,
  type PartitionProgress,
  type SpeedShardInput,
  type SpeedShardProgress,
  type SpeedShardResult,
} from '../domain/speed';
import { loadPipelineNamed } from '../engines/pipeline-folder';
import type { Counts } from './speed/committed-counts';
import { ReloadingTransform } from './speed/reloading-transform';
import { Shard } from './speed/shard';
import { shardHeartbeats } from './speed/shard-heartbeats';

export interface SpeedDependencies {
  readonly kafka: KafkaCluster;
  /** The folder with one folder a pipeline. */
  readonly pipelines: string;
  readonly logger: KafkaLogger;
  /** Called with each heartbeat, and at the end, for metrics. */
  readonly onProgress?: (pipeline: string, progress: SpeedShardProgress) => void;
  /** Called with what a partition has committed since its last call, for metrics; first with nothing. */
  readonly onCommitted?: (pipeline: string, partition: number, counts: Counts) => void;
}

const HEARTBEAT_MS = 1_000;

export function createSpeedActivities({
  kafka: cluster,
  pipelines,
  logger,
  onProgress,
  onCommitted,
}: SpeedDependencies) {
  return {
    /**
     * Runs a share of a pipeline's partitions and heartbeats a `SpeedShardProgress` each second. Returns, with everything
     * committed, after `maximumSeconds` or on cancellation. Throws SHARD_FENCED where another owner took a partition over.
     */
    async runSpeedShard(input: SpeedShardInput): Promise<SpeedShardResult> {
      const context = Context.current();
      const loaded = await loadPipelineNamed(pipelines, input.pipeline);
      const transform = await ReloadingTransform.open(loaded, logger);
      const kafka = { ...cluster, clientId: `daybreak-${input.pipeline}-${input.shard}`, logger };
      const shard = new Shard({
        kafka,
        pipeline: loaded.pipeline,
        input,
        transform,
        logger,
        onCommitted: (partition, counts) => onCommitted?.(input.pipeline, partition, counts),
      });
      const heartbeats = setInterval(() => {
        context.heartbeat(shard.progress);
        onProgress?.(input.pipeline, shard.progress);
      }, HEARTBEAT_MS);
      try {
        return await shard.run(context.cancellationSignal);
      } finally {
        clearInterval(heartbeats);
        const { progress } = shard;
        onProgress?.(input.pipeline, { ...progress, partitions: atRest(progress.partitions) });
        transform.close();
      }
    },

    /** Waits, then tells the calling workflow what its shards last heartbeat, which it cannot see by itself. */
    async tellPartitions({ afterSeconds }: { readonly afterSeconds: number }): Promise<PartitionProgress[]> {
      const { client, heartbeat, info, sleep } = Context.current();
      // By this status sees that a failure before it is over.
      heartbeat('waiting for the next look');
      await sleep(afterSeconds * 1_000);
      return shardHeartbeats(client, info.workflowExecution?.workflowId ?? '');
    },
  };
}
