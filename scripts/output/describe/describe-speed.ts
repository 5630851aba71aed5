import { counted } from '../../../domain/counted';
import { countedSince, type PartitionProgress, type RunChecks, troubleOf } from '../../../domain/speed-shard';
import type { FolderState } from '../../operate/pipeline-folder';
import type { Ingestion, IngestionUnknown } from '../../operate/speed/ingestion';
import type { SpeedView } from '../../operate/speed/speed-status';
import type { Line } from '../safe-text';
import { table } from '../table';
import { describeIngestion, describeSupervisor } from './describe-ingestion';
import { describeVersions } from './describe-versions';

/** A line of column names, then a line for each partition. */
function partitionTable(partitions: readonly PartitionProgress[]): string[][] {
  return [
    ['partition', 'offset', 'lag', 'events/s', 'dead letters', 'last commit', 'version', 'trouble'],
    ...partitions.map((one) => [
      String(one.partition),
      String(one.offset),
      String(one.lag),
      one.eventsPerSecond.toFixed(0),
      one.since === undefined ? '' : String(one.deadLetters),
      one.lastCommitAt ?? 'none yet',
      one.version ?? '',
      troubleOf(one),
    ]),
  ];
}

/** Partitions are opened one after another when the layer starts. */
const OPENED_TOGETHER_MS = 60_000;

/**
 * The time since which dead letters are counted. Partitions that were added to the topic are counted from a later time
 * on.
 */
function describeCounts(partitions: readonly PartitionProgress[]): string[] {
  const [earliest, ...others] = countedSince(partitions);
  if (earliest === undefined) return [];
  const isLater = (since: string): boolean => Date.parse(since) - Date.parse(earliest) > OPENED_TOGETHER_MS;
  return [`dead letters: counted since ${earliest}${others.some(isLater) ? ', of some partitions since later' : ''}`];
}

/** How many of the rows that the shards have committed each check finds wrong. */
function describeChecks(checks: RunChecks | undefined): string[] {
  if (checks === undefined) return [];
  const found = Object.entries(checks.wrong).map(([name, rows]) => `${name} ${rows}`);
  return [`checks: rows that are wrong, since the shards began at ${checks.since}: ${found.join(', ')}`];
}

/**
 * The view as text for people. It shows the supervisor as Druid reports it now. If Druid does not answer, it shows what
 * the workflow saw last.
 *
 * @param folder what the pipeline's folder holds, for the versions of both layers.
 */
export function describeSpeed(
  view: SpeedView,
  ingestion: Ingestion | IngestionUnknown | undefined,
  folder: FolderState,
): Line[] {
  const { pipeline, unanswered, supervisor, partitions, checks, toldAt, troubles } = view;
  return [
    ...describeState(view),
    ...(ingestion !== undefined
      ? describeIngestion(ingestion)
      : // Only the workflow would know.
        unanswered === undefined
        ? describeSupervisor(supervisor)
        : []),
    ...troubles.map((trouble) => `! ${trouble}`),
    ...describeVersions(pipeline, folder, partitions),
    ...(unanswered === undefined || toldAt === undefined ? [] : [`partitions, as they were last known, at ${toldAt}:`]),
    ...(partitions.length === 0 ? [] : [table(partitionTable(partitions)), ...describeCounts(partitions)]),
    ...describeChecks(checks),
  ];
}

function describeState({ pipeline, state, shards, unanswered }: SpeedView): string[] {
  if (unanswered === undefined) return [`speed layer of ${pipeline}: ${state}, ${counted(shards ?? 0, 'shard')}`];
  return [`! speed layer of ${pipeline}: not known, ${unanswered.what}`, `→ ${unanswered.remedy}`];
}
