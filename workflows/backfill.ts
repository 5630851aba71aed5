import {
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  defineQuery,
  log,
  patched,
  proxyActivities,
  setHandler,
  TemporalFailure,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { OperateActivities } from '../activities/operate';
import { ACTIVITY_SUMMARIES } from '../domain/activity-summaries';
import {
  backfillInputSchema,
  continuedBackfillSchema,
  failureSummary,
  KeptReasons,
  succeeded,
  type BackfillInput,
  type BackfillProgress,
  type BackfillResult,
  type DayOutcome,
} from '../domain/backfill';
import type { BusinessDate } from '../domain/business-date';
import { markdown, Markdown, markdownTable } from '../domain/markdown';
import { outcomeAttribute, pipelineAttribute } from '../domain/search-attributes';
import { checkedInput } from './checked-input';
import { continueAsNew } from './continue-as-new';
import { outcomeOf, runDay } from './run-day';
import { showDetails } from './show-details';

export const progressQuery = defineQuery<BackfillProgress>('progress');

const { selectBackfillDays } = proxyActivities<OperateActivities>({
  // The next attempt goes on where this one was. Heartbeats show a dead worker, and this time one that hangs.
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '30 seconds',
  summary: ACTIVITY_SUMMARIES.selectBackfillDays,
  retry: { initialInterval: '1 second', maximumInterval: '30 seconds', maximumAttempts: 20 },
});

const DAYS_SHOWN = 50;

/**
 * Runs a range of days as children, some at once, each once. A failed day stops no other day. If any day failed, the
 * workflow fails at its end with DAYS_FAILED, and the details hold the result. A cancellation ends the running days
 * first. However it ends, its outcome attribute records it. Invalid input fails it at once; see `checkedInput`.
 */
export async function backfill(given: BackfillInput): Promise<BackfillResult> {
  const isContinued = workflowInfo().continuedFromExecutionRunId !== undefined;
  const input = checkedInput(isContinued ? continuedBackfillSchema : backfillInputSchema, given);
  const { pipeline, from, to, parallel = 2, only = 'missing', daysPerRun = 300 } = input;
  let requested: readonly BusinessDate[] | undefined = input.continued?.requested;
  const reasons = new KeptReasons();
  const outcomes: DayOutcome[] = (input.continued?.outcomes ?? []).map((day) => reasons.keep(day));
  const running = new Set<BusinessDate>();

  const progress = (): BackfillProgress => ({
    pipeline,
    from,
    to,
    only,
    requested: requested?.length,
    completed: outcomes.length,
    replaced: outcomes.filter(succeeded).length,
    running: [...running],
    failed: outcomes.filter((day) => !succeeded(day)),
  });
  const publishProgress = (): void => {
    showDetails(describe(progress()));
  };
  let outcome = 'running';
  const end = (how: string): void => {
    outcome = how;
    publishProgress();
    upsertSearchAttributes([{ key: outcomeAttribute, value: outcome }]);
  };

  setHandler(progressQuery, progress);
  upsertSearchAttributes([
    { key: pipelineAttribute, value: pipeline },
    { key: outcomeAttribute, value: outcome },
  ]);
  publishProgress();
  try {
    requested ??= await selectBackfillDays(input);

    const over = new Set(outcomes.map(({ date }) => date));
    const waiting = requested.filter((date) => !over.has(date));
    let started = 0;
    const runInTurn = async (): Promise<void> => {
      while (waiting.length > 0 && started < daysPerRun && !workflowInfo().continueAsNewSuggested) {
        const date = waiting.shift();
        if (date === undefined) return;
        started += 1;
        running.add(date);
        publishProgress();
        try {
          const day = await runDay(pipeline, date, 'backfill');
          outcomes.push(reasons.keep(day));
          log.info('a day is over', { date, outcome: day.outcome });
        } finally {
          running.delete(date);
          publishProgress();
        }
      }
    };
    // Waits for each of the parallel loops, so that a cancelled backfill ends only after its days.
    const ended = await Promise.allSettled(Array.from({ length: parallel }, runInTurn));
    if (CancellationScope.current().consideredCancelled) {
      end('cancelled');
      throw new CancelledFailure(`the backfill was cancelled after ${outcomes.length} of ${requested.length} days`);
    }
    for (const loop of ended) if (loop.status === 'rejected') throw loop.reason;
    if (waiting.length > 0)
      return await continueAsNew<typeof backfill>({ ...input, continued: { requested, outcomes } });

    const result = proven(progress(), requested, outcomes);
    end(result.failed.length === 0 ? 'replaced' : 'failed:DAYS_FAILED');
    if (result.failed.length === 0) return result;
    throw ApplicationFailure.create({
      type: 'DAYS_FAILED',
      message: `${result.failed.length} of ${result.requested} days were not replaced: ${failureSummary(result.failed)}`,
      nonRetryable: true,
      details: [result],
    });
  } catch (thrown) {
    if (thrown instanceof TemporalFailure && outcome === 'running' && patched('backfill-says-how-it-failed')) {
      end(outcomeOf(thrown));
    }
    throw thrown;
  }
}

/** Checks requested = completed: each selected day has exactly one outcome, and no other day has one. */
function proven(
  progress: BackfillProgress,
  requested: readonly BusinessDate[],
  outcomes: readonly DayOutcome[],
): BackfillResult {
  const days = [...outcomes].sort((one, other) => (one.date < other.date ? -1 : 1));
  if (days.map(({ date }) => date).join() !== requested.join()) {
    throw ApplicationFailure.nonRetryable(
      `${requested.length} days were requested, and ${days.length} others completed`,
      'PROOF_FAILED',
    );
  }
  return { ...progress, requested: requested.length, days };
}

function describe({ requested, completed, replaced, running, failed }: BackfillProgress): Markdown {
  if (requested === undefined)
    return markdown`
selecting the days
    `;
  const now = running.length > 0 ? markdown`; running: ${running.join(', ')}` : '';
  const head = markdown`**${completed} of ${requested} days are done**, ${replaced} replaced, ${failed.length} not${now}`;
  if (failed.length === 0) return head;
  const shown = failed.slice(0, DAYS_SHOWN).map(({ date, outcome, reason = '' }) => [date, outcome, reason]);
  const others = failed.length - shown.length;
  const body = others === 0 ? shown : [...shown, ['…', `${others} more`, '']];
  return Markdown.joined([head, markdownTable(['day', 'outcome', 'why'], '| --- | --- | --- |', body)], '\n\n');
}
