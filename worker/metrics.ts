import { Context } from '@temporalio/activity';
import type { MetricMeter } from '@temporalio/common';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import * as z from 'zod';
import type { Counts } from '../activities/speed/committed-counts';
import { businessDateOf, shiftDate, type BusinessDate } from '../domain/business-date';
import type { DailyBatchResult } from '../domain/daily-batch';
import type { WrongRows } from '../domain/row-checks';
import type { SpeedShardProgress } from '../domain/speed-shard';

/** The night of a day is over by then, in every time zone. */
const RECENT_DAYS = 2;

/** Daybreak's own metrics, in addition to Temporal's, as docs/operating.md lists them. */
export function createMetrics(meter: MetricMeter) {
  const counter = (name: string, description: string) => meter.createCounter(`daybreak_${name}`, '1', description);
  const gauge = (name: string, description: string) => meter.createGauge(`daybreak_${name}`, 'float', '1', description);
  const replacedAt = gauge(
    'day_replaced_timestamp_seconds',
    'When the newest day was replaced last, if it was one of the last two, in seconds since 1970',
  );
  const days = counter('days_replaced', 'Days that the batch replaced, with proof');
  const rows = counter('day_rows', 'Rows of replaced days');
  const filtered = counter('day_filtered', 'Distinct records of replaced days of which the transform makes no row');
  const duplicates = counter('day_duplicates', 'Duplicates that the batch removed');
  const quarantined = counter('day_quarantined', 'Bad records of replaced days');
  const unmatched = counter('day_unmatched', 'Rows of replaced days for which the join found nothing');
  const failures = counter('activity_failures', 'Failed tries of activities, by code');
  const lag = gauge('speed_lag', 'Events in Kafka that the speed layer has not read');
  const rate = gauge('speed_events_per_second', 'Events a second');
  const running = gauge('speed_running', '1 while this worker reads the partition, else 0');
  const blocked = gauge(
    'speed_blocked',
    '1 while the partition stands still, or is slow since its events fail, else 0; speed status says why',
  );
  const events = counter('speed_events', 'Events that the speed layer committed');
  const deadLetters = counter('speed_dead_letters', 'Events that became dead letters');
  const wrongRows = counter('speed_wrong_rows', 'Rows that the speed layer committed and a check finds wrong');

  /**
   * The newest day by pipeline: a backfill of older days does not make up for a night that failed. A worker that has
   * just started knows none, so that a day must also be a recent one.
   */
  const newest = new Map<string, BusinessDate>();

  return {
    /**
     * Exports the counts of a pipeline's days, as 0 if there are none yet: an increase is only visible in a series that
     * existed before.
     */
    begin: (pipeline: string): void => {
      for (const each of [days, rows, filtered, duplicates, quarantined, unmatched]) each.add(0, { pipeline });
    },
    dayReplaced({ pipeline, date, counts, hours }: DailyBatchResult): void {
      const tags = { pipeline };
      const now = new Date();
      const oldest = shiftDate(businessDateOf(now, 'UTC'), -RECENT_DAYS);
      if (date >= (newest.get(pipeline) ?? oldest) && date >= oldest) {
        newest.set(pipeline, date);
        replacedAt.set(now.getTime() / 1_000, tags);
      }
      days.add(1, tags);
      rows.add(counts.written, tags);
      filtered.add(counts.filtered, tags);
      duplicates.add(counts.duplicates, tags);
      quarantined.add(counts.quarantined, tags);
      unmatched.add(
        hours.reduce((sum, hour) => sum + hour.unmatched, 0),
        tags,
      );
    },
    activityFailed(pipeline: string, activity: string, code: string): void {
      failures.add(1, { pipeline, activity, code });
    },
    /**
     * What a shard does at the moment. When it has ended, another worker may read its partitions: the last lag stays, and
     * `running` says that it is not of now.
     */
    speedProgress: (pipeline: string, { partitions }: SpeedShardProgress, isRunning: boolean): void => {
      for (const one of partitions) {
        const tags = { pipeline, partition: one.partition };
        running.set(isRunning ? 1 : 0, tags);
        blocked.set(one.trouble === undefined ? 0 : 1, tags);
        lag.set(one.lag, tags);
        rate.set(one.eventsPerSecond, tags);
      }
    },
    /** What a partition has committed since the last call. */
    speedCommitted: (pipeline: string, partition: number, counts: Counts, wrong: WrongRows): void => {
      const tags = { pipeline, partition };
      events.add(counts.events, tags);
      deadLetters.add(counts.deadLetters, tags);
      for (const [check, rows] of Object.entries(wrong)) wrongRows.add(rows, { ...tags, check });
    },
  };
}

export type Metrics = ReturnType<typeof createMetrics>;

const ofPipeline = z.object({ pipeline: z.string() });

/** The pipeline of an activity, which its first argument names. Empty if it names none. */
function pipelineOf([input]: readonly unknown[]): string {
  return ofPipeline.safeParse(input).data?.pipeline ?? '';
}

/** Counts what activities did and how they failed. It wraps the interceptor that gives failures their codes. */
export function measured(metrics: Metrics): ActivityInboundCallsInterceptor {
  return {
    async execute(input, next) {
      const { activityType } = Context.current().info;
      const pipeline = pipelineOf(input.args);
      // Somebody may have added the pipeline since the worker began.
      if (activityType === 'planDay') metrics.begin(pipeline);
      try {
        const result = await next(input);
        // Only the activity that stores the day's result has it as its argument.
        if (activityType === 'storeReconciliation') metrics.dayReplaced(input.args[0] as DailyBatchResult);
        return result;
      } catch (thrown) {
        // An expected failure, such as a poll of an unfinished run, does not count.
        const meant = thrown instanceof ApplicationFailure && thrown.category === ApplicationFailureCategory.BENIGN;
        if (thrown instanceof ApplicationFailure && !meant)
          metrics.activityFailed(pipeline, activityType, thrown.type ?? 'UNKNOWN');
        throw thrown;
      }
    },
  };
}
