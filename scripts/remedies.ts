import type { ErrorCode } from '../domain/errors';
import { ERROR_CODES } from '../domain/errors';

/** What to do about a day or a command that ended with a code, in one sentence; docs/troubleshooting.md says more. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  NO_INPUT: 'Bring the hourly files into the input folder, then run the day again.',
  BAD_TABLE: 'Correct the table that the message names, then run the day again.',
  MISSING_HOURS: 'Bring the missing hours and run the day again, or go on with --accept MISSING_HOURS.',
  EMPTY_DAY: 'Look at the quarantine and the input folder, or go on with --accept EMPTY_DAY.',
  BATCH_SHORT: 'Look for hourly files that did not arrive, or go on with --accept BATCH_SHORT.',
  PROOF_FAILED: 'Run the day again; report it if it comes back.',
  DRUID_TASK_FAILED: 'Read the task’s report in Druid, then run the day again; realtime still serves it.',
  DRUID_REFUSED: 'Read Druid’s answer in the message, correct the pipeline, then run the day again.',
  DRUID_UNREACHABLE: 'Start Druid (npx daybreak up) or correct its address, then run the day again.',
  KAFKA_UNREACHABLE: 'Start Kafka (npx daybreak up) or correct its address.',
  TEMPORAL_UNREACHABLE: 'Start Temporal (npx daybreak up) or correct its address.',
  BAD_PIPELINE: 'Run npx daybreak pipeline check on the folder and correct what it names.',
  BAD_TRANSFORM: 'Run npx daybreak pipeline check on the folder and correct what it names.',
  DAYS_FAILED: 'See the days that failed, then run the same backfill again.',
  ENGINE_FAILED: 'Look at the records that the message names, or give the build more memory.',
  OUTPUT_FAILED: 'Free space in the data folder or make it writable, then run the day again.',
  UNREADABLE_INPUT: 'Make the file readable that the message names, or move it away; then run the day again.',
};

/** The remedy of an outcome such as 'refused:EMPTY_DAY'; undefined where there is nothing to do. */
export function remedyOf(outcome: string): string | undefined {
  if (outcome === 'cancelled') return 'Run the day again when it suits.';
  const [, code] = /^(?:refused|failed):(.+)$/.exec(outcome) ?? [];
  if (code === undefined) return undefined;
  const known = code in ERROR_CODES ? REMEDIES[code as ErrorCode] : undefined; // The check before says so.
  return known ?? 'Open the run in the Temporal UI: its failure says what to do. Then run the day again.';
}
