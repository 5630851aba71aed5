import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  log,
  patched,
  proxyActivities,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { OperateActivities } from '../activities/operate';
import { ACTIVITY_SUMMARIES } from '../domain/activity-summaries';
import { failureSummary, succeeded, type DayOutcome } from '../domain/backfill';
import {
  type LateDataDecision,
  lateDataWatchInputSchema,
  type LateDataWatchInput,
  type LateDataWatchResult,
} from '../domain/late-data';
import { Markdown, markdownTable } from '../domain/markdown';
import { recomputeNotice, type Notice } from '../domain/notice';
import { outcomeAttribute } from '../domain/search-attributes';
import { checkedInput } from './checked-input';
import { linkToDay } from './link-to-day';
import { tell } from './notices';
import { reasonOf, runDay } from './run-day';
import { showDetails } from './show-details';

const { findLateData } = proxyActivities<OperateActivities>({
  // It compares files of many days, and begins anew in each attempt. Heartbeats show a dead worker, and this time one that
  // hangs.
  startToCloseTimeout: '3 hours',
  heartbeatTimeout: '30 seconds',
  summary: ACTIVITY_SUMMARIES.findLateData,
  retry: { initialInterval: '1 second', maximumInterval: '1 minute', maximumAttempts: 20 },
});

/**
 * The hourly schedule starts it. It recomputes, one after another, the finished days whose files changed since their
 * build, and decides again about each before its run. The pipeline sets how often, and from how many rows on. Days
 * that no run has built are reported, or built if the pipeline says so. Details and result say why each other day was
 * left.
 */
export async function lateDataWatch(input: LateDataWatchInput): Promise<LateDataWatchResult> {
  const { pipeline } = checkedInput(lateDataWatchInputSchema, input);
  let days: LateDataWatchResult['days'] = await findLateData({ pipeline });
  const outcomes: DayOutcome[] = [];
  const notices: (Notice | undefined)[] = [];
  const show = (changed: LateDataWatchResult['days'][number]): void => {
    days = days.map((day) => (day.date === changed.date ? changed : day));
    showDetails(describe({ pipeline, days }));
  };
  showDetails(describe({ pipeline, days }));
  for (const found of days.filter(isDue)) {
    // The runs before took long: meanwhile somebody may have run the day, or restored a version of it.
    const day = outcomes.length > 0 && patched('decides-again') ? await decidedAgain(pipeline, found) : found;
    const { date, decision, because } = day;
    if (!isDue(day)) {
      show(day);
      continue;
    }
    log.info(decision === 'build' ? 'building a day that was missed' : 'recomputing a day with late rows', {
      date,
      because,
    });
    const ended = await runDay(pipeline, date, decision === 'build' ? 'missed night' : 'late data');
    outcomes.push(ended);
    notices.push(recomputeNotice(pipeline, ended, because));
    show({ ...day, outcome: ended.outcome });
  }
  const failed = outcomes.filter((day) => !succeeded(day));
  const unknown = days.filter(({ decision }) => decision === 'unknown');
  const recordOutcome = (): void => {
    upsertSearchAttributes([{ key: outcomeAttribute, value: outcomeOf(days, outcomes, failed) }]);
  };
  // A webhook that is away must not hold up the days or their outcome, and the notice of one day not those of others.
  const isRecordedFirst = patched('outcome-before-notices');
  if (isRecordedFirst) recordOutcome();
  if (patched('notices-at-once')) await Promise.all(notices.map(tell));
  else for (const notice of notices) await tell(notice);
  if (!isRecordedFirst) recordOutcome();
  if (failed.length + unknown.length === 0) return { pipeline, days };
  throw ApplicationFailure.create({
    type: 'DAYS_FAILED',
    message: [
      ...(failed.length === 0
        ? []
        : [`${failed.length} days with late data, or that were missed, were not replaced: ${failureSummary(failed)}`]),
      ...unknown.map(({ date, because }) => `${date}: ${because}`),
    ].join('\n'),
    nonRetryable: true,
    details: [{ pipeline, days }],
  });
}

function isDue({ decision }: LateDataDecision): boolean {
  return decision === 'recompute' || decision === 'build';
}

/** A day of which that cannot be found out is not run: it may have been restored. */
async function decidedAgain(pipeline: string, day: LateDataDecision): Promise<LateDataDecision> {
  try {
    // A worker of an earlier version decides about all days.
    const decisions = await findLateData({ pipeline, date: day.date });
    return decisions.find(({ date }) => date === day.date) ?? day;
  } catch (thrown) {
    if (CancellationScope.current().consideredCancelled || !(thrown instanceof ActivityFailure)) throw thrown;
    return { ...day, decision: 'unknown', because: `its files cannot be compared again: ${reasonOf(thrown)}` };
  }
}

/** 'missed days' if a day needs a person: the pipeline says that the watch only reports it. */
function outcomeOf(
  days: LateDataWatchResult['days'],
  outcomes: readonly DayOutcome[],
  failed: readonly DayOutcome[],
): string {
  if (failed.length > 0 || days.some(({ decision }) => decision === 'unknown')) return 'failed:DAYS_FAILED';
  if (days.some(({ decision }) => decision === 'missed')) return 'missed days';
  return outcomes.length > 0 ? 'replaced' : 'nothing late';
}

function describe({ pipeline, days }: LateDataWatchResult): Markdown {
  if (days.length === 0) return Markdown.of(['the pipeline checks no day: lateData.days is 0'], []);
  return markdownTable(
    ['day', 'decision', 'late rows', 'because', 'outcome', 'run'],
    '| --- | --- | ---: | --- | --- | --- |',
    days.map((day) => {
      const { date, decision, lateRows, because, outcome = '' } = day;
      const run = isDue(day) ? linkToDay(pipeline, date) : '';
      return [date, decision, lateRows, because, outcome, run];
    }),
  );
}
