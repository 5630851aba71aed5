import { laterSeal, supervisorSpec } from '../../domain/druid/supervisor-spec';
import type { DayPlan } from '../../domain/daily-batch';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { ensureSupervisor } from '../druid/ensure-supervisor';
import { waitFor } from '../wait';
import type { BatchDependencies } from './dependencies';

/** From when on realtime still takes rows, an instant in ISO 8601. */
export interface Seal {
  readonly sealedUntil: string;
}

export function createSealActivities({ druid, kafkaBrokers, pipelines }: BatchDependencies) {
  async function seal(plan: DayPlan): Promise<string> {
    const { pipeline, outputColumns: columns } = await loadPipelineNamed(pipelines, plan.pipeline);
    return ensureSupervisor(druid, plan.datasource, (stored) => ({
      ...supervisorSpec(pipeline, columns, {
        brokers: kafkaBrokers,
        sealedUntil: laterSeal(plan.interval.end, stored?.spec.ioConfig.lateMessageRejectionStartDateTime ?? undefined),
      }),
      // A supervisor that runs goes on; where there is none, one that holds the seal waits for the speed layer.
      suspended: stored?.suspended ?? true,
    })).then(() => plan.interval.end);
  }

  return {
    /**
     * Closes the day to realtime: from now on Druid drops rows before its end. Then waits until no task holds a lock in
     * the day any more, that is until realtime has handed off what it had. The seal only ever moves forward.
     */
    async sealDay(plan: DayPlan): Promise<Seal> {
      return waitFor(async () => {
        // Again at each turn: the spec is read and then written, and another writer may have had the older one.
        const sealedUntil = await seal(plan);
        const locks = (await druid.tasks.activeLocks(plan.datasource)).filter(({ interval }) =>
          touches(interval, plan),
        );
        if (locks.length === 0) return { answer: { sealedUntil } };
        return {
          waitingFor: `${locks.length} locks of running tasks in the day: ${locks.map((lock) => lock.interval).join(', ')}`,
        };
      });
    },
  };
}

function touches(interval: string, { interval: day }: DayPlan): boolean {
  const [start = '', end = ''] = interval.split('/');
  return new Date(start) < new Date(day.end) && new Date(end) > new Date(day.start);
}
