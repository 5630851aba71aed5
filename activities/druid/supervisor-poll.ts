import type { DruidClient, IngestionTotals, SupervisorStatus } from '../../clients/druid';
import type { PartitionOffsets } from '../../clients/kafka';
import type { Pipeline } from '../../domain/pipeline';
import type { SupervisorHealth } from '../../domain/speed-layer';

/** A supervisor and its running tasks at one moment. */
export interface SupervisorPoll {
  readonly health: SupervisorHealth;
  readonly totals: IngestionTotals;
  /**
   * Offsets between what the tasks have taken and the end of the topic. The ends of transactions have offsets too, so
   * it is not 0 when every row is taken. Below zero if a partition ends before what was taken of it. Absent as long as
   * Druid does not know.
   */
  readonly lag?: number;
  /** The offsets that no task has taken yet, if Druid reports the ends. */
  readonly unread?: readonly PartitionOffsets[];
}

export interface PolledPipeline extends Pick<Pipeline, 'name'> {
  readonly druid: Pick<Pipeline['druid'], 'datasource'>;
}

/** Throws DRUID_UNREACHABLE or DRUID_REFUSED. */
export async function pollSupervisor(
  druid: DruidClient,
  { name, druid: { datasource: id } }: PolledPipeline,
): Promise<SupervisorPoll> {
  const [status, spec, totals] = await Promise.all([
    druid.supervisors.status(id),
    druid.supervisors.find(id),
    druid.supervisors.totals(id),
  ]);
  // While Druid replaces one, its history alone has it.
  const isReplaced = status === undefined && (await druid.supervisors.last(id)) !== undefined;
  return supervisorPoll(
    { pipeline: name, id },
    { status, isReplaced, sealedUntil: spec?.spec.ioConfig.lateMessageRejectionStartDateTime, totals },
  );
}

export interface SupervisorFacts {
  /** Undefined if there is no such supervisor. */
  readonly status: SupervisorStatus | undefined;
  /** There is none, and nobody terminated the last one. */
  readonly isReplaced: boolean;
  readonly sealedUntil: string | null | undefined;
  readonly totals: IngestionTotals;
}

/** Combines Druid's answers into one poll. */
export function supervisorPoll(
  { pipeline, id }: { readonly pipeline: string; readonly id: string },
  { status, isReplaced, sealedUntil, totals }: SupervisorFacts,
): SupervisorPoll {
  if (status === undefined) {
    const remedy = isReplaced
      ? 'Druid replaces it, which takes seconds'
      : `The speed layer makes it: npx daybreak speed start --pipeline ${pipeline}. One that runs makes it again within ten minutes`;
    return { health: { healthy: false, state: 'ABSENT', remedy }, totals };
  }
  const lags = Object.values(status.minimumLag ?? {});
  const remedy = remedyOf(id, status, totals);
  return {
    health: {
      healthy: status.healthy && remedy === undefined,
      state: status.detailedState,
      ...(remedy !== undefined && { remedy }),
      ...(sealedUntil != null && { sealedUntil }),
    },
    totals,
    ...(lags.length > 0 && { lag: lags.some(isNegative) ? Math.min(...lags) : lags.reduce((sum, lag) => sum + lag) }),
    ...(status.latestOffsets != null && { unread: unreadOffsets(status) }),
  };
}

function unreadOffsets({ minimumLag, latestOffsets }: SupervisorStatus): PartitionOffsets[] {
  return Object.entries(minimumLag ?? {}).flatMap(([partition, lag]) => {
    const high = latestOffsets?.[partition];
    return high === undefined ? [] : [{ partition: Number(partition), low: high - lag, high }];
  });
}

/**
 * The remedy for the worst problem only: a supervisor whose topic was created again may have errors and unreadable rows
 * too.
 */
function remedyOf(id: string, status: SupervisorStatus, { unparseable }: IngestionTotals): string | undefined {
  const path = `/druid/indexer/v1/supervisor/${id}`;
  if (Object.values(status.minimumLag ?? {}).some(isNegative)) {
    return `The supervisor reads past the end of its topic, which was made anew: POST ${path}/reset`;
  }
  if (!status.healthy) {
    const error = status.recentErrors.at(-1);
    return `Its last error: ${error?.message ?? error?.exceptionClass ?? 'none given'}`;
  }
  if (unparseable === 0) return undefined;
  return `Druid cannot read some rows of its topic, to which the speed layer alone should write: GET ${path}/parseErrors`;
}

function isNegative(lag: number): boolean {
  return lag < 0;
}
