import { ApplicationFailure, sleep } from '@temporalio/workflow';
import type { DailyBatchInput } from '../../../domain/daily-batch';

/** The real workflows, above days that take no time: what is tested is who runs which day, when, and how often. */
export { backfill, lateDataWatch, nightlyBatch } from '../../../workflows';

/** Each 13th is refused, days of 2026-04 hang until they are ended, and every other day is replaced at once. */
export async function dailyBatch({ date }: DailyBatchInput): Promise<{ verdict: string }> {
  if (date.startsWith('2026-04')) await sleep('1 day');
  if (date.endsWith('-13')) throw ApplicationFailure.nonRetryable(`hours of ${date} have no file`, 'MISSING_HOURS');
  return { verdict: 'replaced' };
}
