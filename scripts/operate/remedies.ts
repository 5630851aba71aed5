import { ERROR_CODES, type ErrorCode } from '../../domain/errors';

/**
 * What to do before a day that ended with this code is run again, in one sentence. docs/troubleshooting.md says more.
 */
const REMEDIES: Readonly<Record<ErrorCode, string>> = {
  WRONG_USAGE: 'Give options that can be used together: --help lists them.',
  BAD_DATE: 'Give a day that is over, as YYYY-MM-DD.',
  BAD_CONFIGURATION: 'Correct the environment variable that the message names, then start the worker again.',
  UNKNOWN_PIPELINE: 'Copy the pipeline’s folder to the worker, or correct its DAYBREAK_PIPELINES.',
  BAD_PIPELINE: 'Correct what the command pipeline check names in the folder.',
  BAD_TRANSFORM: 'Correct what the command pipeline check names in the folder.',
  BAD_TABLE: 'Correct the table that the message names.',
  MULTIPLIED_ROWS: 'Correct the join of transform.sql that gives several rows for one event, as the message says.',
  NO_INPUT: 'Bring the hourly files into the input folder.',
  UNREADABLE_INPUT: 'Make the file that the message names readable, or move it away.',
  OUTPUT_FAILED: 'Free space in the data folder or make it writable.',
  STORAGE_FAILED: 'See that S3, HDFS or the disk is well, and that the worker reaches it.',
  STORAGE_REFUSED: 'Do what the message says: credentials, rights, a bucket, a region or a name to correct.',
  STORAGE_CHANGED: 'Wait until the files’ writer has finished.',
  BUILD_BUSY: 'Wait for the other build of the day to end.',
  ENGINE_FAILED: 'Check the records that the message names, or that the worker runs and has enough memory.',
  CANCELLED: 'Somebody cancelled it: run it again when you like.',
  MISSING_TOOL: 'Install what the message names on the worker’s machine.',
  DOWNLOAD_FAILED: 'Check the worker’s connection to the package registries.',
  PORT_TAKEN: 'Stop the program that uses the port in the message.',
  SERVER_FAILED: 'Read the log that the message names.',
  TEMPORAL_UNREACHABLE: 'Start Temporal (npx daybreak up) or correct its address.',
  TEMPORAL_REFUSED: 'Correct the namespace, the search attributes or the credentials that the message names.',
  KAFKA_UNREACHABLE: 'Start Kafka (npx daybreak up) or correct its address.',
  KAFKA_REFUSED: 'Read Kafka’s answer in the message, and correct the right, the size or the topic.',
  SHARD_FENCED: 'Nothing: the shard starts again with its own partitions.',
  OFFSET_MISSING:
    'Nothing, if Kafka has just started. Else run the command that the message names, with the offset to go on at.',
  DRUID_UNREACHABLE: 'Start Druid (npx daybreak up) or correct its address.',
  DRUID_REFUSED: 'Read Druid’s answer in the message and correct the pipeline.',
  DRUID_TASK_FAILED: 'Read the task’s report in Druid, which goes on serving what it served before.',
  LOCKED: 'Wait until the owner of the lock in the message has ended.',
  DRUID_LOCK_REVOKED: 'Find the task that writes into the day, and end it.',
  DRUID_BAD_ROWS: 'Correct transform.sql or the types of its columns.',
  DRUID_READS_NOTHING: 'Let Druid see the output: the folder under the same path, DAYBREAK_OUTPUT_URL, or the storage.',
  NOT_SETTLED: 'Find the program that still writes the files, or go on with --accept NOT_SETTLED.',
  MISSING_HOURS: 'Bring the missing hours, or go on with --accept MISSING_HOURS.',
  EMPTY_DAY:
    'Check the input folder, and the records that the command quarantine show names, or go on with --accept EMPTY_DAY.',
  TOO_MANY_QUARANTINED:
    'Read the reasons that the command quarantine show gives, or go on with --accept TOO_MANY_QUARANTINED.',
  TOO_MANY_OUTSIDE: 'Set files.timeZone to the zone of the files’ names, or go on with --accept TOO_MANY_OUTSIDE.',
  TRUNCATED_FILES: 'Bring the files that the message names again, or go on with --accept TRUNCATED_FILES.',
  FILES_GONE: 'Bring the files back that the message names, or go on with --accept FILES_GONE.',
  CHECK_FAILED: 'Look at the rows that the message names, or go on with --accept CHECK_FAILED:<check>.',
  BATCH_SHORT: 'Find the hourly files that did not arrive, or go on with --accept BATCH_SHORT.',
  COMPACTION_CONFLICT: 'Correct Druid’s compaction as the message says, or go on with --accept COMPACTION_CONFLICT.',
  NOT_BUILT: 'Build the day first, or give a version that is kept.',
  UNREADABLE_VERSION: 'Nothing, to have the day with the pipeline as it is. Add --force if the message says so.',
  NOT_SERVED: 'Check that the historicals run and have room.',
  PROOF_FAILED: 'The first time nothing; report it if it happens again.',
  DAYS_FAILED: 'Read the code of each failed day.',
  WEBHOOK_FAILED: 'See that the webhook’s service is well, and that the worker reaches it.',
  WEBHOOK_REFUSED: 'Correct the webhook’s address in the worker’s environment.',
  NOT_RUNNING: 'Start what the message names.',
  ALREADY_RUNNING: 'Wait until the running one ends, or cancel it in the Temporal UI.',
};

/**
 * The remedy for a day's outcome such as 'refused:EMPTY_DAY'. After the remedy the day is run again. Undefined if there
 * is nothing to do.
 */
export function remedyOf(outcome: string): string | undefined {
  if (outcome === 'cancelled') return REMEDIES.CANCELLED;
  if (outcome === 'failed:TERMINATED') return 'Somebody terminated it: run it again when you like.';
  const [, code] = /^(?:refused|failed|not-restored):(.+)$/.exec(outcome) ?? [];
  if (code === undefined) return undefined;
  return isErrorCode(code) ? REMEDIES[code] : 'Open the run in the Temporal UI: its failure says what to do.';
}

/** The command that runs a day again. With `restore` its last run was to bring back that version. */
export function runAgain(pipeline: string, date: string, restore?: string): string {
  if (restore !== undefined) {
    return `npx daybreak batch restore --pipeline ${pipeline} --date ${date} --version ${restore}`;
  }
  return `npx daybreak batch run --pipeline ${pipeline} --date ${date}`;
}

function isErrorCode(code: string): code is ErrorCode {
  return code in ERROR_CODES;
}
