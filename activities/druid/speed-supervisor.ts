import { isDeepStrictEqual } from 'node:util';
import { Context } from '@temporalio/activity';
import type { DruidClient } from '../../clients/druid';
import { KafkaTopics, type KafkaCluster } from '../../clients/kafka';
import type { KafkaOfDruid } from '../../domain/druid/consumer-properties';
import { supervisorSpec } from '../../domain/druid/supervisor-spec';
import type { SupervisorHealth } from '../../domain/speed-layer';
import { speedTopics } from '../../domain/speed-setup';
import { setupOf, type PipelineFolders } from '../speed/accepted-pipelines';
import { runnablePipeline } from '../speed/runnable-pipeline';
import { ensureSupervisor } from './ensure-supervisor';
import { lookAtSupervisor } from './supervisor-look';

export interface SpeedSupervisorDependencies extends PipelineFolders {
  readonly druid: DruidClient;
  readonly kafka: KafkaCluster;
  readonly kafkaOfDruid: KafkaOfDruid;
}

export interface WatchSupervisorInput {
  readonly pipeline: string;
  /** What the caller knows already; null before the first look. */
  readonly known: SupervisorHealth | null;
  readonly maximumSeconds: number;
}

export interface PrepareSpeedLayerInput {
  readonly pipeline: string;
  /** What the caller knows to be prepared; see `setupOf`. Default: nothing. */
  readonly prepared?: string | undefined;
}

/** What the shards need; workers of earlier versions returned nothing. */
export interface PreparedSpeedLayer {
  /** See `setupOf`. */
  readonly setup: string;
}

const LOOK_MS = 2_000;

export function createSpeedSupervisorActivities({
  druid,
  kafka,
  kafkaOfDruid,
  ...folders
}: SpeedSupervisorDependencies) {
  return {
    /**
     * Makes sure that the topics exist, and that Druid's supervisor is what the pipeline says and runs. Returns what it
     * prepared, for the shards to compare.
     */
    async prepareSpeedLayer({ pipeline: name }: PrepareSpeedLayerInput): Promise<PreparedSpeedLayer | undefined> {
      const { loaded } = await runnablePipeline(folders, name);
      const { pipeline, outputColumns: columns } = loaded;
      const topics = await KafkaTopics.connect(kafka);
      try {
        await topics.ensure(speedTopics(pipeline));
      } finally {
        await topics.close();
      }
      await ensureSupervisor(druid, pipeline.druid.datasource, (stored) => ({
        ...supervisorSpec(pipeline, columns, {
          kafka: kafkaOfDruid,
          // What a recompute has sealed stays sealed.
          sealedUntil: stored?.spec.ioConfig.lateMessageRejectionStartDateTime ?? undefined,
        }),
        suspended: false,
      }));
      return { setup: setupOf(loaded) };
    },

    /** Returns when the supervisor's health is another than the known one, or after the given seconds. */
    async watchSupervisor({ pipeline: name, known, maximumSeconds }: WatchSupervisorInput): Promise<SupervisorHealth> {
      const { loaded } = await runnablePipeline(folders, name);
      const context = Context.current();
      const end = Date.now() + maximumSeconds * 1_000;
      // Beside the looks: Druid asks each running task for its totals, which takes a while where one does not answer.
      const heartbeats = setInterval(() => {
        context.heartbeat();
      }, LOOK_MS);
      try {
        for (;;) {
          const { health } = await lookAtSupervisor(druid, loaded.pipeline.druid.datasource);
          if (!isDeepStrictEqual(health, known) || Date.now() >= end) return health;
          await context.sleep(LOOK_MS);
        }
      } finally {
        clearInterval(heartbeats);
      }
    },
  };
}
