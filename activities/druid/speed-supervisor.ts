import { isDeepStrictEqual } from 'node:util';
import { Context } from '@temporalio/activity';
import type { DruidClient, SupervisorStatus } from '../../clients/druid';
import { KafkaTopics } from '../../clients/kafka';
import { supervisorSpec } from '../../domain/druid/supervisor-spec';
import { deadLetterTopicOf } from '../../domain/pipeline';
import type { SupervisorHealth } from '../../domain/speed-layer';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { ensureSupervisor } from './ensure-supervisor';

export interface SpeedSupervisorDependencies {
  readonly druid: DruidClient;
  readonly kafkaBrokers: readonly string[];
  readonly pipelines: string;
}

export interface WatchSupervisorInput {
  readonly pipeline: string;
  /** What the caller knows already; null before the first look. */
  readonly known: SupervisorHealth | null;
  readonly maximumSeconds: number;
}

export function createSpeedSupervisorActivities({ druid, kafkaBrokers, pipelines }: SpeedSupervisorDependencies) {
  return {
    /** Makes sure that the topics exist, and that Druid's supervisor is what the pipeline says and runs. */
    async prepareSpeedLayer({ pipeline: name }: { readonly pipeline: string }): Promise<void> {
      const { pipeline, outputColumns: columns } = await loadPipelineNamed(pipelines, name);
      const topics = await KafkaTopics.connect({ brokers: kafkaBrokers });
      try {
        const { topic, outputTopic, partitions } = pipeline.kafka;
        await topics.ensure(
          [topic, outputTopic, deadLetterTopicOf(pipeline)].map((one) => ({ topic: one, partitions })),
        );
      } finally {
        await topics.close();
      }
      await ensureSupervisor(druid, pipeline.druid.datasource, (stored) => ({
        ...supervisorSpec(pipeline, columns, {
          brokers: kafkaBrokers,
          // What a recompute has sealed stays sealed.
          sealedUntil: stored?.spec.ioConfig.lateMessageRejectionStartDateTime ?? undefined,
        }),
        suspended: false,
      }));
    },

    /** Returns when the supervisor's health is another than the known one, or after the given seconds. */
    async watchSupervisor({ pipeline: name, known, maximumSeconds }: WatchSupervisorInput): Promise<SupervisorHealth> {
      const { pipeline } = await loadPipelineNamed(pipelines, name);
      const context = Context.current();
      const end = Date.now() + maximumSeconds * 1_000;
      for (;;) {
        const health = await supervisorHealth(druid, pipeline.druid.datasource);
        if (!isDeepStrictEqual(health, known) || Date.now() >= end) return health;
        context.heartbeat(health);
        await context.sleep(2_000);
      }
    },
  };
}

/** One look at a supervisor. */
export async function supervisorHealth(druid: DruidClient, id: string): Promise<SupervisorHealth> {
  const [status, spec] = await Promise.all([druid.supervisors.status(id), druid.supervisors.find(id)]);
  if (status === undefined)
    return { healthy: false, state: 'ABSENT', remedy: 'Start the speed layer: npx daybreak speed start' };
  const sealedUntil = spec?.spec.ioConfig.lateMessageRejectionStartDateTime;
  const remedy = remedyOf(id, status);
  return {
    healthy: status.healthy && remedy === undefined,
    state: status.detailedState,
    ...(remedy !== undefined && { remedy }),
    ...(sealedUntil != null && { sealedUntil }),
  };
}

function remedyOf(id: string, status: SupervisorStatus): string | undefined {
  if (Object.values(status.minimumLag ?? {}).some((lag) => lag < 0)) {
    return `The supervisor reads past the end of its topic, which was made anew: POST /druid/indexer/v1/supervisor/${id}/reset`;
  }
  if (status.healthy) return undefined;
  const [error] = status.recentErrors;
  return `Its last error: ${error?.message ?? error?.exceptionClass ?? 'none given'}`;
}
