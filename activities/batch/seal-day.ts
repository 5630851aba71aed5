import { log } from '@temporalio/activity';
import { describeLocks, locksIn } from '../../domain/druid/blocking-locks';
import { laterSeal, supervisorSpec } from '../../domain/druid/supervisor-spec';
import type { DayPlan } from '../../domain/daily-batch';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { ensureSupervisor } from '../druid/ensure-supervisor';
import { waitFor } from '../wait';
import { releaseDeadLocks } from './dead-locks';
import type { BatchDependencies } from './dependencies';

/** From when on realtime still takes rows, an instant in ISO 8601. */
export interface Seal {
  readonly sealedUntil: string;
}

export function createSealActivities({ druid, kafkaBrokers, pipelines }: BatchDependencies) {
  async function seal(plan: DayPlan): Promise<string> {
    const { pipeline, outputColumns: columns } = await loadPipelineNamed(pipelines, plan.pipeline);
    const { end } = plan.interval;
    const { sealedUntil } = await ensureSupervisor(druid, plan.datasource, (stored) => {
      const before = stored?.spec.ioConfig.lateMessageRejectionStartDateTime ?? undefined;
      return {
        ...supervisorSpec(pipeline, columns, { brokers: kafkaBrokers, sealedUntil: laterSeal(end, before) }),
        // A supervisor that runs goes on; where there is none, one that holds the seal waits for the speed layer.
        suspended: stored?.suspended ?? true,
      };
    });
    return sealedUntil ?? end;
  }

  return {
    /**
     * Closes the day to realtime: from now on Druid drops rows before its end. Then waits until no task holds a lock in
     * the day any more, that is until realtime has handed off what it had; a lock whose task failed is given back. The
     * seal only ever moves forward.
     */
    async sealDay(plan: DayPlan): Promise<Seal> {
      return waitFor(async () => {
        const sealedUntil = await seal(plan);
        const locks = locksIn(await druid.tasks.activeLocks(plan.datasource), plan.interval);
        if (locks.length === 0) return { answer: { sealedUntil } };
        const dead = await releaseDeadLocks(druid, plan, locks);
        if (dead.length > 0) {
          log.warn('gave back locks that Druid had failed tasks hold', { tasks: dead });
          return { waitingFor: `the day, whose locks the failed tasks ${dead.join(', ')} still held: given back` };
        }
        const tasks = await druid.tasks.unfinished(plan.datasource);
        return { waitingFor: `tasks to release the day: ${describeLocks(locks, tasks)}` };
      });
    },
  };
}
