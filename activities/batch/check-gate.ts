import { Context, log } from '@temporalio/activity';
import * as z from 'zod';
import type { DruidClient, Segment, SupervisorStatus } from '../../clients/druid';
import { counted } from '../../domain/counted';
import type { BuiltDay, DayPlan, GateReport, ServedHour } from '../../domain/daily-batch';
import { completeCounts } from '../../domain/day-manifest';
import { acceptInput, isAccepted, refusalsOf, truncatedFiles, type Acceptance } from '../../domain/gate';
import { checkedDay } from '../../domain/checked-day';
import { checkName } from '../../domain/row-checks';
import { DaybreakError } from '../../domain/errors';
import { parseInput, shortText } from '../../domain/parse-input';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { withScratch } from '../../clients/storage/local/scratch-folder';
import { pollCompaction } from '../druid/compaction-poll';
import { requireSameClocks } from '../druid/zone-clocks';
import { pollUntilAnswered, withHeartbeats } from '../heartbeat';
import { countServed } from './count-served';
import { servedBefore, visibleSegments } from './day-segments';
import type { BatchDependencies } from './dependencies';
import { plannedDay } from './planned-day';

const count = z.int().nonnegative();
const someFiles = z.object({ count, names: z.array(z.string()).max(100) });
/** The fields of a built day that the gate compares. The gate reads no file. */
const builtCounts = z.object({
  counts: z.object({
    ...{ read: count, kept: count, duplicates: count, quarantined: count, outsideDay: count },
    ...{ written: count.exactOptional(), filtered: count.exactOptional(), multiplied: count.exactOptional() },
    fromNeighbours: count.exactOptional(),
  }),
  missingHours: z.array(shortText).max(30),
  truncated: someFiles.exactOptional(),
  gone: someFiles.exactOptional(),
  hours: z
    .array(
      z.object({
        hour: shortText,
        written: count,
        filtered: count.exactOptional(),
        multiplied: count.exactOptional(),
        duplicates: count.exactOptional(),
        wrong: z.record(checkName, count).exactOptional(),
      }),
    )
    .max(30),
});

/**
 * How long an attempt waits for realtime rows that cannot be seen. After that it compares the day with the visible
 * rows: the batch must be able to repair a broken realtime.
 */
const WAIT_MILLISECONDS = 60_000;

/**
 * A task counts as up to date if it is at most this many offsets behind its topic: a moment of a busy stream. The ends
 * of transactions have offsets too, so a task is a few behind an idle topic.
 */
const LAG_OFFSETS = 10_000;

/**
 * The realtime rows that cannot be seen at the moment because a server restarts; undefined if all can be seen. Compared
 * with only half of realtime's rows, a batch would pass even if it lacks many.
 */
async function notServed(druid: DruidClient, plan: DayPlan): Promise<string | undefined> {
  const { realtimeDatasource: datasource, interval } = plan;
  return (await notRead(druid, plan)) ?? notAvailable(await visibleSegments(druid, { datasource, interval }));
}

function notAvailable(segments: readonly Segment[]): string | undefined {
  const missing = segments.filter((one) => one.published && !one.available);
  return missing.length === 0 ? undefined : `${counted(missing.length, 'segment')} of the day to be served`;
}

/** The realtime tasks that may have rows of the day and do not serve them, for example because their server died. */
async function notRead(druid: DruidClient, { realtimeDatasource, interval }: DayPlan): Promise<string | undefined> {
  const status = await druid.supervisors.status(realtimeDatasource);
  const spec = (await druid.supervisors.find(realtimeDatasource)) ?? (await druid.supervisors.last(realtimeDatasource));
  if (spec === undefined || spec.suspended) return undefined;
  // A task takes no row of a sealed day, so it has nothing to read again.
  const sealedUntil = spec.spec.ioConfig.lateMessageRejectionStartDateTime ?? 0;
  if (new Date(sealedUntil) >= new Date(interval.end)) return undefined;
  if (status === undefined) return 'Druid to replace its supervisor';
  // The state is not used here: if a topic does not exist yet, Druid says that it connects.
  if (status.activeTasks.length === 0) return 'realtime to start its task';
  const reached = await druid.supervisors.reachedTasks(realtimeDatasource);
  const silent = silentTasks(status, reached);
  if (silent.length > 0) return `realtime's task ${silent.join(', ')} to answer and to read its topic to the end`;
  const taken = new Set(status.activeTasks.flatMap(partitionsOf));
  const untaken = (status.partitions ?? 0) - taken.size;
  return untaken <= 0 ? undefined : `realtime to start tasks for ${counted(untaken, 'more partition')}`;
}

/**
 * The tasks that do not answer, or have not read their partitions to the end, unless a replica of theirs has: it serves
 * the same rows.
 */
function silentTasks({ activeTasks }: SupervisorStatus, reached: readonly string[]): string[] {
  const upToDate = activeTasks.filter(({ id, currentOffsets, lag }) => {
    const behind = Object.values(lag ?? {}).reduce<number>((sum, offsets) => sum + (offsets ?? 0), 0);
    return reached.includes(id) && Object.keys(currentOffsets ?? {}).length > 0 && behind <= LAG_OFFSETS;
  });
  const served = new Set(upToDate.flatMap(partitionsOf));
  return activeTasks
    .filter((task) => !upToDate.includes(task))
    .filter((task) => partitionsOf(task).length === 0 || partitionsOf(task).some((partition) => !served.has(partition)))
    .map(({ id }) => id);
}

/** Known as soon as the task is, unlike its current offsets. */
function partitionsOf({ startingOffsets }: SupervisorStatus['activeTasks'][number]): string[] {
  return Object.keys(startingOffsets ?? {});
}

/**
 * Waits until all of realtime's rows can be seen. Polls at least once, however long ago the attempt was scheduled.
 * Returns what was still missing when the time was over, else undefined.
 */
async function awaitRealtime(druid: DruidClient, plan: DayPlan): Promise<string | undefined> {
  const left = Context.current().info.currentAttemptScheduledTimestampMs + WAIT_MILLISECONDS - Date.now();
  const deadline = performance.now() + left;
  return pollUntilAnswered<string | undefined>(async () => {
    const missing = await notServed(druid, plan);
    if (missing === undefined || performance.now() >= deadline) return { answer: missing };
    return { waitingFor: missing };
  });
}

/** If Daybreak's user may not read Druid's configuration, nightly runs skip this check. */
async function compactionConflicts(druid: DruidClient, loaded: LoadedPipeline): Promise<readonly string[]> {
  try {
    const { conflicts, warnings } = await pollCompaction(druid, loaded);
    for (const warning of warnings) log.warn('Druid’s compaction', { warning });
    return conflicts;
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || thrown.code !== 'DRUID_REFUSED') throw thrown;
    log.warn('Druid’s compaction was not checked', { reason: thrown.what });
    return [];
  }
}

type BuiltHour = z.infer<typeof builtCounts>['hours'][number];

/**
 * Rolled-up rows do not tell which of their events are the same: as many as the batch has found are taken off. Rows that
 * are not rolled up stay as they are.
 */
function withoutDuplicates(served: readonly ServedHour[], built: readonly BuiltHour[]): ServedHour[] {
  const duplicates = new Map(built.map((one) => [one.hour, rowsOfDuplicates(one)]));
  return served.map((one) =>
    one.stored === undefined ? one : { ...one, distinct: Math.max(0, one.rows - (duplicates.get(one.hour) ?? 0)) },
  );
}

/** An estimate: a duplicate counts for as many rows as the records of its hour have on average. */
function rowsOfDuplicates({ written, filtered = 0, multiplied = 0, duplicates = 0 }: BuiltHour): number {
  const kept = written - multiplied + filtered;
  return kept === 0 ? 0 : Math.round((duplicates * written) / kept);
}

export function createGateActivities({ druid, pipelines, data, ...clock }: BatchDependencies) {
  return {
    /**
     * Compares the built day with what Druid serves now. A refusal is no error: the report has the refusals, and the
     * part of realtime that could not be seen. Throws DRUID_REFUSED if the day is another one in Druid.
     */
    async checkGate(
      given: DayPlan,
      day: BuiltDay,
      options: { readonly accept: readonly Acceptance[] },
    ): Promise<GateReport> {
      const { accept } = parseInput(acceptInput, options, 'checkGate');
      const built = parseInput(builtCounts, day, 'checkGate');
      const { plan, loaded } = await plannedDay({ pipelines, ...clock }, given, 'checkGate');
      const { cancellationSignal: signal } = Context.current();
      const servedPlan = { datasource: plan.realtimeDatasource, interval: plan.interval };
      const scratch = await folderWithin(data, plan.pipeline, 'scratch');
      await requireSameClocks(druid, plan);
      const unseenBefore = await awaitRealtime(druid, plan);
      const counting = 'counting the rows that Druid serves';
      let details = counting;
      const report = (done: string): void => {
        details = `${counting}: ${done}`;
      };
      const served = await withHeartbeats(
        () => details,
        () =>
          withScratch(scratch, `gate-${plan.date}`, (folder) =>
            countServed(druid, servedPlan, loaded, { scratch: folder, signal, report }),
          ),
      );
      // A server may have gone away meanwhile.
      const segments = await visibleSegments(druid, servedPlan);
      const realtimeUnseen = unseenBefore ?? notAvailable(segments);
      if (realtimeUnseen !== undefined) {
        log.warn('compares the day with the realtime rows that can be seen', { stillWaitedFor: realtimeUnseen });
      }
      const before = servedBefore(segments, servedPlan);
      const realtime = before === 'batch' ? served : withoutDuplicates(served, built.hours);
      const conflicts = await compactionConflicts(druid, loaded);
      const checks = checkedDay(loaded.pipeline.checks, built.hours);
      const found = refusalsOf(loaded.pipeline.gate, {
        missingHours: built.missingHours,
        counts: completeCounts(built.counts, built.hours),
        truncated: built.truncated ?? truncatedFiles([]),
        gone: built.gone,
        ...{ checks, day: plan },
        compactionConflicts: conflicts,
        written: Object.fromEntries(built.hours.map(({ hour, written }) => [hour, written])),
        realtimeDistinct: Object.fromEntries(realtime.map(({ hour, distinct, atLeast = distinct }) => [hour, atLeast])),
      });
      return {
        realtime,
        before,
        refusals: found.filter((refusal) => !isAccepted(refusal, accept)),
        accepted: found.filter((refusal) => isAccepted(refusal, accept)),
        ...(checks.length > 0 && { checks }),
        ...(realtimeUnseen !== undefined && { realtimeUnseen }),
      };
    },
  };
}
