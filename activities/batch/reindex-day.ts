import { Context, log } from '@temporalio/activity';
import type { DruidClient, Slots, TaskStatus } from '../../clients/druid';
import type { BuiltDay, DayPlan } from '../../domain/daily-batch';
import {
  daySizeOf,
  dependsOnSlots,
  mayHaveSubtasks,
  reindexSpec,
  subtasksFor,
  type ReindexSpec,
} from '../../domain/druid/reindex-spec';
import { taskFailureCode } from '../../domain/druid/task-failure';
import { DaybreakError } from '../../domain/errors';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import { batchDatasourceOf, type Pipeline } from '../../domain/pipeline';
import { folderNamed } from '../../engines/pipeline/pipelines-folder';
import { readSettings } from '../../engines/pipeline/read-pipeline';
import { withOutput } from '../../engines/versions/open-output';
import { type PollResult, pollUntilAnswered, withHeartbeats } from '../heartbeat';
import { builtInput, outputPlaceIn } from './built-day';
import { sourceOf } from './input-source';
import type { BatchDependencies } from './dependencies';
import { plannedDay } from './planned-day';

const endInput = dayInput.extend({ datasource: shortText });

export interface Reindexed {
  readonly taskId: string;
  /** When Druid accepted the task, ISO 8601. */
  readonly createdTime: string;
}

export function createReindexActivities({ druid, pipelines, data, inputSource, ...clock }: BatchDependencies) {
  return {
    /**
     * Has Druid replace the day by the built files. The id of the task derives from the workflow run, so a retry finds
     * the task that the first try started. Only if that one failed does it start the next.
     *
     * Throws DRUID_LOCK_REVOKED if a task of higher priority took the lock of the day, DRUID_BAD_ROWS if Druid cannot
     * read the rows, DRUID_READS_NOTHING if it does not find them, and DRUID_TASK_FAILED, which may be retried, with
     * the reason that the task gives. Waits while Druid is away, restarts, or has no free slot.
     */
    async reindexDay(given: DayPlan, day: BuiltDay): Promise<Reindexed> {
      const { folder } = parseInput(builtInput, day, 'reindexDay');
      const { plan, loaded } = await plannedDay({ pipelines, ...clock }, given, 'reindexDay');
      const { pipeline, outputColumns: columns } = loaded;
      const prefix = ownTaskPrefix(plan);
      return withOutput(await outputPlaceIn(data, pipeline), plan.date, async (output) => {
        const built = await withHeartbeats('looking for the built rows', () => output.versionAt(folder));
        const size = daySizeOf(built.manifest.hours);
        const { rows } = size;
        let id: string | undefined;
        return pollUntilAnswered<Reindexed>(
          retryWhileUnreachable(async () => {
            if (id === undefined) {
              const next = await nextTaskId(druid, prefix);
              const source = await sourceOf(output, built, pipeline, inputSource);
              const subtasks = subtasksFor(pipeline, rows, await slotsFor(druid, pipeline, rows));
              const spec = reindexSpec(pipeline, columns, { id: next, plan, source, size, subtasks });
              if (rows > 0) await requireReadable(druid, spec, built.folder);
              await druid.tasks.submit(spec);
              id = next;
            }
            return over(druid, id, { rows, mayHaveSubtasks: mayHaveSubtasks(pipeline, rows) });
          }),
        );
      });
    },

    /**
     * Ends every reindex task of the day and waits until it has ended. A day has one run at a time. So any task that is
     * not of the run's own reindex was left behind by a terminated run. If pipeline.yaml now names another datasource,
     * or cannot be read, only the run's own tasks are ended: ending these must not depend on the file.
     */
    async endReindexTasks(given: DayPlan): Promise<void> {
      const { pipeline, date, datasource } = parseInput(endInput, given, 'endReindexTasks');
      const prefix = taskPrefix({ datasource, date });
      const isItsOwn = datasource === (await datasourceNow(pipelines, pipeline));
      const ends = isItsOwn ? prefix : ownTaskPrefix({ datasource, date });
      await pollUntilAnswered<undefined>(
        retryWhileUnreachable(async () => {
          const all = await druid.tasks.unfinished(datasource);
          const ours = all.filter(({ id }) => id.startsWith(ends));
          if (ours.length === 0) return { answer: undefined };
          for (const { id } of ours) await druid.tasks.shutDown(id);
          return { waitingFor: `${ours.map(({ id }) => id).join(', ')} to end` };
        }),
      );
    },
  };
}

/** Druid's slots, if the day needs any but one. */
async function slotsFor(druid: DruidClient, pipeline: Pipeline, rows: number): Promise<Slots> {
  if (!dependsOnSlots(pipeline, rows)) return NO_SLOTS;
  const slots = await knownSlots(druid);
  if (slots === undefined) log.warn('the day is loaded by one task: Druid does not tell its free slots');
  return slots ?? NO_SLOTS;
}

const NO_SLOTS: Slots = { used: 0, total: 0 };

/** Undefined if Druid does not tell them, for example to a user with few rights. */
async function knownSlots(druid: DruidClient): Promise<Slots | undefined> {
  try {
    return await druid.tasks.slots();
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || thrown.code !== 'DRUID_REFUSED') throw thrown;
    return undefined;
  }
}

/** Druid takes a path that it cannot see as an empty file, and would replace the day by nothing. */
async function requireReadable(druid: DruidClient, spec: ReindexSpec, folder: string): Promise<void> {
  if ((await druid.tasks.sample(spec)) > 0) return;
  const { inputSource } = spec.spec.ioConfig;
  throw new DaybreakError('DRUID_READS_NOTHING', {
    what: `Druid finds no row in ${folder}, but the batch wrote rows there`,
    remedy:
      inputSource.type === 'local' || 'httpAuthenticationUsername' in inputSource
        ? 'Share the folder with Druid under the same path, or set DAYBREAK_OUTPUT_URL to an address at which Druid reaches the worker.'
        : `Let Druid's servers reach that place: they read it with Druid's input source '${inputSource.type}'.`,
  });
}

/** Undefined if the pipeline's folder cannot be read at the moment. */
async function datasourceNow(pipelines: string, pipeline: string): Promise<string | undefined> {
  try {
    return batchDatasourceOf(await readSettings(await folderNamed(pipelines, pipeline)));
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError)) throw thrown;
    log.warn('ends the run’s own tasks only', { reason: thrown.message });
    return undefined;
  }
}

/** The prefix of the ids of the reindex tasks of the activity's workflow run. A number follows. */
export function ownTaskPrefix(day: Pick<DayPlan, 'datasource' | 'date'>): string {
  return `${taskPrefix(day)}${Context.current().info.workflowExecution?.runId ?? ''}_`;
}

function taskPrefix({ datasource, date }: Pick<DayPlan, 'datasource' | 'date'>): string {
  return `daybreak_${datasource}_${date}_`;
}

/** The same poll, which continues while Druid cannot be reached. */
function retryWhileUnreachable<T>(poll: () => Promise<PollResult<T>>): () => Promise<PollResult<T>> {
  return async () => {
    try {
      return await poll();
    } catch (thrown) {
      if (!(thrown instanceof DaybreakError) || thrown.code !== 'DRUID_UNREACHABLE') throw thrown;
      return { waitingFor: `Druid to come back: ${thrown.what}` };
    }
  };
}

/** The first id of the run that Druid does not know as failed. */
async function nextTaskId(druid: DruidClient, prefix: string): Promise<string> {
  for (let number = 1; ; number += 1) {
    const id = `${prefix}${number}`;
    if ((await druid.tasks.status(id))?.status !== 'FAILED') return id;
  }
}

/** What a task loads. */
interface Load {
  readonly rows: number;
  readonly mayHaveSubtasks: boolean;
}

async function over(druid: DruidClient, id: string, load: Load): Promise<PollResult<Reindexed>> {
  const status = await druid.tasks.status(id);
  switch (status?.status) {
    case undefined:
      throw new DaybreakError('DRUID_TASK_FAILED', {
        what: `Druid does not know task ${id}, which it had accepted`,
        remedy: 'Read the log of the overlord; the next attempt submits the task again.',
      });
    case 'RUNNING':
      return { waitingFor: await progressOf(druid, status, load) };
    case 'FAILED':
      throw await failureOf(druid, status);
    case 'SUCCESS':
      return { answer: { taskId: id, createdTime: status.createdTime } };
  }
}

async function progressOf(druid: DruidClient, { id, runnerStatusCode }: TaskStatus, load: Load): Promise<string> {
  switch (runnerStatusCode) {
    case 'PENDING': {
      const slots = await knownSlots(druid);
      if (slots === undefined) return `a free slot for task ${id}`;
      return slots.used < slots.total
        ? `a worker to start task ${id}`
        : `a free slot for task ${id}: Druid's workers run all ${slots.total} tasks that they can`;
    }
    case 'WAITING':
      return `task ${id} to get its lock`;
    case 'RUNNING':
    case 'NONE':
    case null:
    case undefined: {
      const report = await druid.tasks.report(id);
      if (report?.state === 'SEGMENT_AVAILABILITY_WAIT') return `Druid to serve the segments of task ${id}`;
      const processed = report?.rows.processed ?? 0;
      const loaded = `task ${id}: ${processed} of ${load.rows} rows loaded`;
      const slots = processed === 0 && load.mayHaveSubtasks ? await knownSlots(druid) : undefined;
      return slots === undefined || slots.used < slots.total
        ? loaded
        : `${loaded}; its subtasks may wait for a slot: Druid's workers run all ${slots.total} tasks that they can`;
    }
  }
}

async function failureOf(druid: DruidClient, { id, errorMsg }: TaskStatus): Promise<DaybreakError> {
  // The status cuts the reason off after a hundred characters. A killed task has no report.
  const report = await druid.tasks.report(id);
  const reason = report?.error ?? errorMsg ?? 'without a reason';
  const code = taskFailureCode(`${reason} ${errorMsg ?? ''}`);
  const [firstLine = ''] = reason.split('\n');
  const row = report?.unparseable === undefined ? '' : `; the first bad row: ${report.unparseable}`;
  return new DaybreakError(code, { what: `Druid's task ${id} failed: ${firstLine}${row}`, remedy: remedies[code] });
}

const remedies = {
  DRUID_LOCK_REVOKED: 'A task of higher priority took the day; the run seals it again and starts another task.',
  DRUID_BAD_ROWS: 'Correct transform.sql or the types of its columns, then run the day again.',
  DRUID_TASK_FAILED: 'Read the task’s log in Druid; Druid goes on serving what it served before.',
} as const;
