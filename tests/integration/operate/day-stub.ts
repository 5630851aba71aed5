import { ApplicationFailure, sleep } from '@temporalio/workflow';
import type { DailyBatchInput } from '../../../domain/daily-batch';

/** The real workflows, with stub days that take no time. The tests check who runs which day, when, and how often. */
export { backfill, lateDataWatch, nightlyBatch } from '../../../workflows';

/** Each 13th of a month is refused. Days of 2026-04 hang until they are ended. Every other day is replaced at once. */
export async function dailyBatch({ date }: DailyBatchInput): Promise<{ verdict: string }> {
  if (date.startsWith('2026-04')) await sleep('1 day');
  if (date.endsWith('-13')) throw ApplicationFailure.nonRetryable(`hours of ${date} have no file`, 'MISSING_HOURS');
  return { verdict: 'replaced' };
}
