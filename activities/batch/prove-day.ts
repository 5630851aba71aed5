import { Context, log } from '@temporalio/activity';
import * as z from 'zod';
import type { DruidClient, Segment } from '../../clients/druid';
import { counted } from '../../domain/counted';
import { writtenRows } from '../../domain/day-manifest';
import type { BuiltDay, DayPlan, DayProof } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { parseInput, shortText } from '../../domain/parse-input';
import type { Pipeline } from '../../domain/pipeline';
import { withOutput } from '../../engines/versions/open-output';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { withScratch } from '../../clients/storage/local/scratch-folder';
import { type PollResult, pollUntilAnswered, withHeartbeats } from '../heartbeat';
import { builtInput, outputPlaceIn } from './built-day';
import { compareDay, type Comparison } from './compare-day';
import { checkSegments, latestVersion, visibleSegments } from './day-segments';
import type { BatchDependencies } from './dependencies';
import { plannedDay } from './planned-day';
import { ownTaskPrefix, type Reindexed } from './reindex-day';

const reindexedInput = z.object({ taskId: shortText, createdTime: z.iso.datetime({ offset: true }) });

export function createProofActivities({ druid, pipelines, data, ...clock }: BatchDependencies) {
  return {
    /**
     * Proves that Druid serves exactly the built rows of the day. Every visible segment must be later than the start of
     * the task, and come from a recompute or from a compaction of its rows (see `checkSegments`). Each hour must have
     * the batch's rows, compared as the pipeline's `proof` says; see `compareDay`. A batch without rows needs no segment.
     * Throws PROOF_FAILED with the first difference, and NOT_SERVED if Druid does not serve the day's new segments
     * within the pipeline's time.
     *
     * If pipeline.yaml now names another datasource, the proof is about the one that the run's own task replaced.
     * Otherwise that day would be served without any proof.
     */
    async proveDay(given: DayPlan, day: BuiltDay, task: Reindexed): Promise<DayProof> {
      const { folder } = parseInput(builtInput, day, 'proveDay');
      const reindexed = parseInput(reindexedInput, task, 'proveDay');
      const { plan, loaded } = await plannedDay({ pipelines, ...clock }, given, 'proveDay', {
        hasWritten: (datasource) => hasReplaced(druid, given, datasource, reindexed),
      });
      const scratchFolder = await folderWithin(data, plan.pipeline, 'scratch');
      const { cancellationSignal: signal } = Context.current();
      return withOutput(await outputPlaceIn(data, loaded.pipeline), plan.date, async (output) => {
        const { version, manifest } = await withHeartbeats('looking for the built rows', () =>
          output.versionAt(folder),
        );
        const built = { output, version, hours: manifest.hours };
        const rows = writtenRows(manifest.hours);
        const segments = await segmentsOfBatch(druid, plan, { ...reindexed, rows }, loaded.pipeline);
        const comparing = 'comparing the rows that Druid serves with the batch’s';
        let details = comparing;
        const report = (done: string): void => {
          details = `${comparing}: ${done}`;
        };
        const compared = await withHeartbeats(
          () => details,
          () =>
            proven(() =>
              withScratch(scratchFolder, `proof-${plan.date}`, (scratch) =>
                compareDay(druid, plan, built, loaded, { scratch, signal, report }),
              ),
            ),
        );
        return { version: latestVersion(segments), segments: segments.length, ...compared };
      });
    },
  };
}

/** What the task has loaded. */
interface ReindexedRows extends Reindexed {
  readonly rows: number;
}

/** The day's visible segments, once only the batch's are left. Throws NOT_SERVED if they are not in the pipeline's time. */
async function segmentsOfBatch(
  druid: DruidClient,
  plan: DayPlan,
  reindexed: ReindexedRows,
  { druid: { servedWithinSeconds } }: Pipeline,
): Promise<readonly Segment[]> {
  const deadline = performance.now() + servedWithinSeconds * 1_000;
  return pollUntilAnswered(async () => {
    const polled = await servedOnlyByBatch(druid, plan, reindexed);
    if ('waitingFor' in polled && performance.now() >= deadline) {
      throw notServed(plan, reindexed, `${servedWithinSeconds} s for ${polled.waitingFor}`);
    }
    return polled;
  });
}

/** Whether the task belongs to this run and, according to Druid, to the datasource: a caller may claim any. */
async function hasReplaced(
  druid: DruidClient,
  { date }: DayPlan,
  datasource: string,
  { taskId }: Reindexed,
): Promise<boolean> {
  if (!taskId.startsWith(ownTaskPrefix({ datasource, date }))) return false;
  const task = await druid.tasks.status(taskId);
  if (task?.dataSource !== datasource || task.status !== 'SUCCESS') return false;
  log.warn('proves the datasource that was replaced: pipeline.yaml names another one by now', { date, datasource });
  return true;
}

/** A day of many rows takes long to compare: its difference is final after so many comparisons. */
const LEAST_COMPARISONS = 3;
const SEEN_WITHIN_MILLISECONDS = 6_000;
const LONGEST_PAUSE_MILLISECONDS = 3_000;

/**
 * A broker may report a segment as served a moment before its queries see it, so a difference is checked again, at first
 * after a quarter of a second. The pauses grow: where the rows stay different, each comparison is work for Druid in vain.
 */
async function proven(compare: () => Promise<Comparison>): Promise<Comparison> {
  const began = performance.now();
  for (let comparison = 1; ; comparison += 1) {
    try {
      return await compare();
    } catch (thrown) {
      const differs = thrown instanceof DaybreakError && thrown.code === 'PROOF_FAILED';
      const isFinal = comparison >= LEAST_COMPARISONS && performance.now() - began >= SEEN_WITHIN_MILLISECONDS;
      if (!differs || isFinal) throw thrown;
      await Context.current().sleep(Math.min(250 * 3 ** (comparison - 1), LONGEST_PAUSE_MILLISECONDS));
    }
  }
}

/** The day's visible segments, once all are loaded and only the batch's are left. */
async function servedOnlyByBatch(
  druid: DruidClient,
  plan: DayPlan,
  { createdTime, rows }: ReindexedRows,
): Promise<PollResult<readonly Segment[]>> {
  const visible = await visibleSegments(druid, plan);
  // Right after the task, Druid's services are still learning of its segments. Older segments are waited out.
  const older = visible.filter((one) => new Date(one.version) <= new Date(createdTime));
  if (older.length > 0)
    return { waitingFor: `${counted(older.length, 'older segment')} of the day to be overshadowed` };
  const unloaded = visible.filter((one) => !one.available);
  if (unloaded.length > 0) return { waitingFor: `${counted(unloaded.length, 'segment')} of the day to be loaded` };
  if (visible.length === 0 && rows > 0) return { waitingFor: 'the first segment of the day' };
  checkSegments(plan, visible, rows);
  return { answer: visible };
}

function notServed({ pipeline, date, datasource }: DayPlan, { taskId }: Reindexed, waited: string): DaybreakError {
  return new DaybreakError('NOT_SERVED', {
    what: `Druid's task ${taskId} replaced ${date} of ${datasource}, but the proof waited ${waited} in vain`,
    remedy: `Check the load rules, and that the historicals run and have room. Then run npx daybreak batch verify --pipeline ${pipeline} --date ${date}. If it fails, run the day again.`,
  });
}
