import { log } from '@temporalio/activity';
import type { StoredSupervisorSpec } from '../../clients/druid';
import { describeLocks, locksIn } from '../../domain/druid/blocking-locks';
import { laterSeal, supervisorSpec } from '../../domain/druid/supervisor-spec';
import type { DayPlan } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { ensureSupervisor, type WantedSupervisor } from '../druid/ensure-supervisor';
import { pollUntilAnswered } from '../heartbeat';
import { releaseDeadLocks } from './dead-locks';
import type { BatchDependencies } from './dependencies';
import { plannedDay } from './planned-day';

/** Realtime takes rows from this instant on, ISO 8601. */
export interface Seal {
  readonly sealedUntil: string;
}

/**
 * Milliseconds after which a task has either begun to hand off or will not before its time is over: an overlord that
 * dies after it stored the seal resumes the running tasks unchanged.
 */
const HEARD_WITHIN = 30_000;

export function createSealActivities({ druid, kafkaOfDruid: kafka, pipelines, ...clock }: BatchDependencies) {
  async function seal(
    { datasource, interval: { end } }: DayPlan,
    { pipeline, outputColumns: columns }: LoadedPipeline,
    again: boolean,
  ): Promise<string> {
    const wanted = (stored: StoredSupervisorSpec | undefined): WantedSupervisor => {
      const before = stored?.spec.ioConfig.lateMessageRejectionStartDateTime ?? undefined;
      return {
        ...supervisorSpec(pipeline, columns, { kafka, sealedUntil: laterSeal(end, before) }),
        // A running supervisor continues. If there is none, a suspended one holds the seal until the speed layer
        // starts.
        suspended: stored?.suspended ?? true,
      };
    };
    const { sealedUntil } = await ensureSupervisor(druid, datasource, wanted, { again });
    return sealedUntil ?? end;
  }

  /** The tasks that still read and take rows from before the seal. */
  async function unsealed({ datasource }: DayPlan, sealedUntil: string): Promise<string[]> {
    const status = await druid.supervisors.status(datasource);
    const found: string[] = [];
    for (const { id } of status?.activeTasks ?? []) {
      const from = await druid.tasks.takesFrom(id);
      if (from === undefined || new Date(from) < new Date(sealedUntil)) found.push(id);
    }
    return found;
  }

  return {
    /**
     * Closes the day to realtime: from now on Druid drops rows before its end. Then waits until no task holds a lock in
     * the day any more, that is until realtime has handed off its rows. The lock of a failed task is released. The seal
     * only moves forward.
     */
    async sealDay(given: DayPlan): Promise<Seal> {
      // Once: an edit of the pipeline must not end a wait that is under way.
      const { plan, loaded } = await plannedDay({ pipelines, ...clock }, given, 'sealDay');
      if (plan.datasource !== plan.realtimeDatasource) {
        throw new DaybreakError('WRONG_USAGE', {
          what: `the batch of ${plan.pipeline} has its own datasource, which needs no seal`,
          remedy: `Run the day as a whole: npx daybreak batch run --pipeline ${plan.pipeline} --date ${plan.date}`,
        });
      }
      let sealedAt = performance.now();
      let again = false;
      return pollUntilAnswered(async () => {
        const sealedUntil = await seal(plan, loaded, again);
        if (again) [again, sealedAt] = [false, performance.now()];
        const locks = locksIn(await druid.tasks.activeLocks(plan.datasource), plan.interval);
        if (locks.length === 0) return { answer: { sealedUntil } };
        const dead = await releaseDeadLocks(druid, plan, locks);
        if (dead.length > 0) {
          log.warn('released locks of failed tasks that Druid had kept', { tasks: dead });
          return { waitingFor: `the day: the locks of the failed tasks ${dead.join(', ')} were released` };
        }
        if (performance.now() - sealedAt > HEARD_WITHIN) {
          const tasks = await unsealed(plan, sealedUntil);
          again = tasks.length > 0;
          if (again) log.warn('sealing again: some tasks do not have the seal', { tasks });
        }
        const tasks = await druid.tasks.unfinished(plan.datasource);
        return { waitingFor: `tasks to release the day: ${describeLocks(locks, tasks)}` };
      });
    },
  };
}
