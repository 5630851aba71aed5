import { isDeepStrictEqual } from 'node:util';
import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import * as z from 'zod';
import type { DruidClient } from '../../clients/druid';
import { KafkaTopics, type KafkaCluster } from '../../clients/kafka';
import type { KafkaOfDruid } from '../../domain/druid/consumer-properties';
import { supervisorSpec } from '../../domain/druid/supervisor-spec';
import { DaybreakError } from '../../domain/errors';
import { parseInput, pipelineInput, secondsInput, shortText } from '../../domain/parse-input';
import type { SupervisorHealth, UnpreparedSetup } from '../../domain/speed-layer';
import { speedTopics } from '../../domain/speed-setup';
import type { Pipeline } from '../../domain/pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { setupOf, type PipelineFolders } from '../speed/accepted-pipelines';
import { preparedSetup, storePreparedSetup } from '../speed/prepared-setup';
import { runnablePipeline } from '../speed/runnable-pipeline';
import { withHeartbeats } from '../heartbeat';
import { ensureSupervisor } from './ensure-supervisor';
import { pollSupervisor } from './supervisor-poll';

export interface SpeedSupervisorDependencies extends PipelineFolders {
  readonly druid: DruidClient;
  readonly kafka: KafkaCluster;
  readonly kafkaOfDruid: KafkaOfDruid;
}

export interface WatchSupervisorInput {
  readonly pipeline: string;
  /** The health that the caller already knows; null before the first poll. */
  readonly known: SupervisorHealth | null;
  readonly maximumSeconds: number;
}

export interface PrepareSpeedLayerInput {
  readonly pipeline: string;
  /** The setup that the caller knows to be prepared; see `setupOf`. Default: none. */
  readonly prepared?: string | undefined;
}

/** What the shards need. Workers of earlier versions returned nothing. */
export interface PreparedSpeedLayer {
  /** See `setupOf`. */
  readonly setup: string;
}

const POLL_MS = 2_000;

const prepareInput = z.object({ pipeline: pipelineInput, prepared: shortText.optional() });
/** `known` is only compared. */
const watchInput = z.object({ pipeline: pipelineInput, known: z.unknown(), maximumSeconds: secondsInput });

export function createSpeedSupervisorActivities({
  druid,
  kafka,
  kafkaOfDruid,
  ...folders
}: SpeedSupervisorDependencies) {
  return {
    /**
     * Makes sure that the topics exist, and that Druid's supervisor matches the pipeline and runs. Returns what it
     * prepared, for the shards to compare.
     *
     * If only Druid is at fault, the first detail of the failure is an `UnpreparedSetup`.
     */
    async prepareSpeedLayer(input: PrepareSpeedLayerInput): Promise<PreparedSpeedLayer | undefined> {
      const { pipeline: name, prepared } = parseInput(prepareInput, input, 'prepareSpeedLayer');
      // Tables take a while to load.
      return withHeartbeats('prepares', async () => {
        const loaded = await runnablePipeline(folders, name);
        const setup = setupOf(loaded);
        await prepareTopics(loaded.pipeline);
        try {
          await prepareSupervisor(loaded);
        } catch (thrown) {
          const before = prepared ?? (await preparedSetup(folders, name));
          throw withUnpreparedSetup(thrown, { setup, isChanged: before !== undefined && before !== setup });
        }
        await storePreparedSetup(folders, name, setup);
        return { setup };
      });
    },

    /**
     * Returns when the supervisor's health differs from the known one, or after the given seconds. A running layer
     * resumes a supervisor that somebody suspended.
     */
    async watchSupervisor(input: WatchSupervisorInput): Promise<SupervisorHealth> {
      const { pipeline: name, known, maximumSeconds } = parseInput(watchInput, input, 'watchSupervisor');
      const context = Context.current();
      const end = performance.now() + maximumSeconds * 1_000;
      return withHeartbeats('watches', async () => {
        const loaded = await runnablePipeline(folders, name);
        for (;;) {
          const { health } = await pollSupervisor(druid, loaded.pipeline);
          if (health.state === 'SUSPENDED') await prepareSupervisor(loaded);
          if (!isDeepStrictEqual(health, known) || performance.now() >= end) return health;
          await context.sleep(POLL_MS);
        }
      });
    },
  };

  async function prepareTopics(pipeline: Pipeline): Promise<void> {
    const topics = await KafkaTopics.connect(kafka);
    try {
      await topics.ensure(speedTopics(pipeline));
    } finally {
      await topics.close();
    }
  }

  async function prepareSupervisor({ pipeline, outputColumns }: LoadedPipeline): Promise<void> {
    await ensureSupervisor(druid, pipeline.druid.datasource, (stored) => ({
      ...supervisorSpec(pipeline, outputColumns, {
        kafka: kafkaOfDruid,
        // The seal of a recompute stays in place.
        sealedUntil: stored?.spec.ioConfig.lateMessageRejectionStartDateTime ?? undefined,
      }),
      suspended: false,
    }));
  }
}

/** The failure as `typedFailures` makes it, with the detail that the workflow needs. */
function withUnpreparedSetup(thrown: unknown, detail: UnpreparedSetup): unknown {
  if (!(thrown instanceof DaybreakError && thrown.code.startsWith('DRUID_'))) return thrown;
  return ApplicationFailure.create({
    type: thrown.code,
    message: `${thrown.what}. ${thrown.remedy}`,
    nonRetryable: !thrown.retry,
    details: [detail],
    cause: thrown,
  });
}
