import {
  ActivityCancellationType,
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  defineQuery,
  isCancellation,
  log,
  patched,
  proxyActivities,
  setHandler,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { BatchActivities } from '../activities';
import type { Reindexed } from '../activities/batch/reindex-day';
import { ACTIVITY_SUMMARIES } from '../domain/activity-summaries';
import {
  dailyBatchInputSchema,
  notRestored,
  type BuiltDay,
  type DailyBatchInput,
  type DailyBatchResult,
  type DailyBatchStep,
  type DayPlan,
  type GateReport,
} from '../domain/daily-batch';
import { counted } from '../domain/counted';
import { completeCounts, describeCounts } from '../domain/day-manifest';
import { ACCEPTABLE_GATE_CODES, describeDamaged, outcomeOfCode, type GateRefusal } from '../domain/gate';
import { codeOf, failureMessage, lastFailure } from '../domain/innermost-failure';
import { Markdown, markdown } from '../domain/markdown';
import { describeProof } from '../domain/proof-kind';
import { reconciledHours } from '../domain/reconciled-hours';
import { describeBefore, reconciliationMarkdown } from '../domain/reconciliation';
import { checkMarkdown } from '../domain/checked-day';
import { dateAttribute, outcomeAttribute, pipelineAttribute } from '../domain/search-attributes';
import { checkedInput } from './checked-input';
import { showDetails } from './show-details';

/** The current step of a run. */
export const stepQuery = defineQuery<DailyBatchStep>('step');

/** Work with heartbeats: a dead worker is noticed within the heartbeat timeout, whatever the size of the day and its tables. */
const heartbeatActivity = <Name extends keyof BatchActivities>(
  name: Name,
  // What a cancelled activity began in Druid is ended afterwards, so the activity must be over first.
  cancellationType: ActivityCancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
) =>
  proxyActivities<BatchActivities>({
    startToCloseTimeout: '12 hours',
    heartbeatTimeout: '20 seconds',
    cancellationType,
    retry: { initialInterval: '2 seconds', maximumInterval: '1 minute', maximumAttempts: 20 },
    summary: ACTIVITY_SUMMARIES[name],
  })[name];

// Nothing is begun yet.
const planDay = heartbeatActivity('planDay', ActivityCancellationType.TRY_CANCEL);
const chooseVersion = heartbeatActivity('chooseVersion');
const republish = heartbeatActivity('republish');
const storeReconciliation = heartbeatActivity('storeReconciliation');
const awaitSettledInput = heartbeatActivity('awaitSettledInput');
const buildDay = heartbeatActivity('buildDay');
const checkGate = heartbeatActivity('checkGate');
const sealDay = heartbeatActivity('sealDay');
const reindexDay = heartbeatActivity('reindexDay');
const endReindexTasks = heartbeatActivity('endReindexTasks');
const proveDay = heartbeatActivity('proveDay');

/** How often a day is sealed again after a task of higher priority took its lock. */
const SEALS = 5;

/**
 * One day: settle → build → gate → seal → rebuild what changed meanwhile → reindex → prove → reconcile. Nothing that
 * serves the day is changed before the seal. Fails with the code of the refusal or failure as its type.
 */
export async function dailyBatch(given: DailyBatchInput): Promise<DailyBatchResult> {
  const input = checkedInput(dailyBatchInputSchema, given);
  const { accept = [], force = false, restore } = input;
  let step: DailyBatchStep = 'plan';
  let touched = restore === undefined;
  setHandler(stepQuery, () => step);
  const enter = (next: DailyBatchStep, doing: string): void => {
    step = next;
    showDetails(markdown`**${next}** — ${doing}`);
    log.info(doing, { step });
  };
  upsertSearchAttributes([
    { key: pipelineAttribute, value: input.pipeline },
    { key: dateAttribute, value: input.date },
    { key: outcomeAttribute, value: 'running' },
  ]);

  try {
    const plan = await planDay(input);
    const accepted: GateRefusal[] = [];
    let built: BuiltDay;
    if (restore === undefined) {
      enter('settle', 'waiting until the input files no longer change');
      const { refusal } = await awaitSettledInput(plan, { accept });
      if (refusal !== null && !accept.includes(refusal.code)) throw refused([refusal]);
      if (refusal !== null) accepted.push(refusal);

      enter('build', 'reading, deduplicating and joining the hourly files');
      built = await buildDay(plan, { force });
    } else {
      const version = await chooseVersion(plan, restore);
      touched = true;
      built = await republish(plan, version);
    }

    const evaluate = async (day: BuiltDay): Promise<GateReport> => {
      enter('gate', 'comparing the batch with what realtime serves');
      // The person who restores a version has decided. Reasons against it are only recorded.
      const report = await checkGate(plan, day, { accept: restore === undefined ? accept : ACCEPTABLE_GATE_CODES });
      if (report.refusals.length > 0) throw refused(report.refusals);
      return report;
    };
    const { realtime, before = 'realtime', realtimeUnseen, ...gate } = await evaluate(built);
    let { accepted: overlooked, checks } = gate;

    const rebuild = async (before: BuiltDay): Promise<BuiltDay> => {
      enter('rebuild', 'reading files that changed since the build');
      const day = await buildDay(plan, { force: false });
      // Files may also have disappeared meanwhile: the gate has not checked what is left.
      if (day.folder !== before.folder && patched('gate-after-rebuild')) {
        ({ accepted: overlooked, checks } = await evaluate(day));
      }
      return day;
    };
    const refresh = restore === undefined ? rebuild : (kept: BuiltDay) => Promise.resolve(kept);
    const { day, reindexed, sealedUntil } = await replace(plan, built, refresh, enter);

    enter('prove', 'comparing Druid’s rows with the batch’s');
    const proof = await proveDay(plan, day, reindexed);

    enter('reconcile', 'storing the day’s table');
    const result: DailyBatchResult = {
      pipeline: plan.pipeline,
      date: plan.date,
      verdict: restore === undefined ? 'replaced' : 'restored',
      datasource: plan.datasource,
      output: day.folder,
      counts: completeCounts(day.counts, day.hours),
      accepted: [...accepted, ...overlooked],
      ...(checks !== undefined && { checks }),
      missingHours: day.missingHours,
      ...(day.damagedNeighbours !== undefined && { damagedNeighbours: day.damagedNeighbours }),
      ...(sealedUntil !== undefined && { sealedUntil }),
      taskId: reindexed.taskId,
      version: proof.version,
      segments: proof.segments,
      proof: proof.kind ?? 'rows',
      before,
      ...(realtimeUnseen !== undefined && { realtimeUnseen }),
      ...(realtime.some(({ atLeast }) => atLeast !== undefined) && { isDistinctEstimated: true }),
      hours: reconciledHours(realtime, day, proof.hours),
    };
    await storeReconciliation(result);
    const tables = [...(checks === undefined ? [] : [checkMarkdown(checks)]), reconciliationMarkdown(result.hours)];
    const { damagedNeighbours } = result;
    const damaged = damagedNeighbours === undefined ? '' : markdown`\n\n${describeDamaged(damagedNeighbours)}`;
    showDetails(
      markdown`**${result.verdict}** — ${summary(result)}\n\n${describeBefore(before, result)}${damaged}\n\n${Markdown.joined(tables, '\n\n')}`,
    );
    upsertSearchAttributes([{ key: outcomeAttribute, value: result.verdict }]);
    log.info('the day is over', { outcome: result.verdict });
    return result;
  } catch (thrown) {
    // The activity of a cancelled run may end in another way, for example if its worker died. A task that was left in Druid
    // is a failure that people must hear of.
    const isLeft = thrown instanceof ActivityFailure && thrown.activityType === 'endReindexTasks';
    const isCancelled =
      isCancellation(thrown) ||
      (CancellationScope.current().consideredCancelled && !isLeft && patched('cancelled-however-it-ends'));
    const failure = lastFailure(thrown);
    const reason = failureMessage(failure);
    const ended = isCancelled ? 'cancelled' : outcomeOfCode(codeOf(failure));
    const outcome = touched ? ended : notRestored(ended);
    showDetails(markdown`**${outcome}** at step ${step} — ${reason}`);
    upsertSearchAttributes([{ key: outcomeAttribute, value: outcome }]);
    log.warn('the day is over', { outcome, step, reason });
    throw isCancelled && !isCancellation(thrown) ? new CancelledFailure(reason) : thrown;
  }
}

interface Replaced {
  /** The built day that the task loaded, with what changed before the seal was in place. */
  readonly day: BuiltDay;
  readonly reindexed: Reindexed;
  /** Undefined if the batch has its own datasource, which needs no seal. */
  readonly sealedUntil: string | undefined;
}

/**
 * Seals the day and has Druid replace it. Seals again if realtime took the lock of the day meanwhile.
 *
 * @param refresh returns the day with what changed since, once it is sealed.
 */
async function replace(
  plan: DayPlan,
  built: BuiltDay,
  refresh: (before: BuiltDay) => Promise<BuiltDay>,
  enter: (step: DailyBatchStep, doing: string) => void,
): Promise<Replaced> {
  // A terminated run may have left its task behind. That task would hold the day's lock, or replace the day again.
  await endReindexTasks(plan);
  let day = built;
  for (let turn = 1; ; turn += 1) {
    let sealedUntil: string | undefined;
    if (plan.datasource === plan.realtimeDatasource) {
      enter('seal', 'closing the day to realtime and waiting for its tasks to hand off');
      ({ sealedUntil } = await sealDay(plan));
    }
    day = await refresh(day);
    enter('reindex', 'Druid is loading the batch’s rows');
    try {
      return { day, reindexed: await reindexDay(plan, day), sealedUntil };
    } catch (thrown) {
      // The task of a cancelled run must not replace the day later.
      await CancellationScope.nonCancellable(() => endReindexTasks(plan));
      if (codeOf(lastFailure(thrown)) !== 'DRUID_LOCK_REVOKED' || turn === SEALS) throw thrown;
    }
  }
}

/** The failure of a run that the gate refused. The first code is its type, and all codes are in its details. */
function refused(refusals: readonly GateRefusal[]): ApplicationFailure {
  return ApplicationFailure.create({
    type: refusals[0]?.code ?? '',
    message: `The day was not replaced, what served it still does: ${refusals.map(({ code, reason }) => `${code}: ${reason}`).join(' ')}`,
    nonRetryable: true,
    details: [...refusals],
  });
}

function summary({ counts, segments, version, taskId, proof = 'rows' }: DailyBatchResult): string {
  const served = segments === 0 ? 'no segment' : `${counted(segments, 'segment')} of version ${version}`;
  return `proven ${describeProof(proof)}; ${describeCounts(counts)}; ${served}, task ${taskId}`;
}
