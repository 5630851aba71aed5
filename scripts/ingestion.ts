import { lookAtSupervisor, type SupervisorLook } from '../activities/druid/supervisor-look';
import { createDruidClient, type DruidClient, type IngestionTotals } from '../clients/druid';
import { DaybreakError } from '../domain/errors';
import type { SupervisorHealth } from '../domain/speed-layer';
import type { Config } from '../worker/config';

/** A realtime task that ended tells what it dropped for as long as Druid lists it. */
const LOOK_BACK_MILLISECONDS = 24 * 3_600_000;

/** How realtime arrives in Druid, and arrived there lately. */
export interface Ingestion extends SupervisorLook {
  /** Of the tasks that ended well within the last 24 hours; what failed ones took is read again by the next. */
  readonly ended?: IngestionTotals;
}

/** Undefined where Druid does not answer. */
export async function lookAtIngestion(config: Config, datasource: string): Promise<Ingestion | undefined> {
  const druid = createDruidClient(config.druid);
  try {
    const [look, ended] = await Promise.all([lookAtSupervisor(druid, datasource), endedTotals(druid, datasource)]);
    return { ...look, ...(ended !== undefined && { ended }) };
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code === 'DRUID_UNREACHABLE') return undefined;
    throw thrown;
  }
}

/** As people read it: what is so, and a line that begins with → for each thing to do. */
export function describeIngestion({ health, totals, lag, ended }: Ingestion): string[] {
  return [
    ...describeSupervisor(health),
    `Druid's running tasks: ${[describeTotals(totals), ...(lag === undefined ? [] : [`lag ${lag}`])].join(', ')}`,
    ...(ended === undefined ? [] : [`those that ended within 24 hours: ${describeTotals(ended)}`]),
    ...(totals.thrownAway + (ended?.thrownAway ?? 0) === 0
      ? []
      : ['→ The dropped rows are in the hourly files: the next recompute of their days has them.']),
  ];
}

function describeTotals({ processed, thrownAway, unparseable }: IngestionTotals): string {
  return `took ${processed} rows, dropped ${thrownAway} that came after the seal, could not read ${unparseable}`;
}

async function endedTotals({ tasks }: DruidClient, datasource: string): Promise<IngestionTotals | undefined> {
  const over = await tasks.over(datasource, new Date(Date.now() - LOOK_BACK_MILLISECONDS));
  const realtime = over.filter(({ type, status }) => type === 'index_kafka' && status === 'SUCCESS');
  const reports = await Promise.all(realtime.map(({ id }) => tasks.report(id)));
  const totals = reports.flatMap((report) => report ?? []).map(({ rows }) => rows);
  if (totals.length === 0) return undefined;
  const sum = (key: keyof IngestionTotals): number => totals.reduce((all, one) => all + one[key], 0);
  return { processed: sum('processed'), thrownAway: sum('thrownAway'), unparseable: sum('unparseable') };
}

/** The health alone, as the workflow knows it; undefined before its first look. */
export function describeSupervisor(health: SupervisorHealth | undefined): string[] {
  if (health === undefined) return ['Druid supervisor: not looked at yet'];
  const { state, remedy, sealedUntil } = health;
  return [
    `Druid supervisor: ${state}`,
    ...(remedy === undefined ? [] : [`→ ${remedy}`]),
    `sealed until: ${sealedUntil ?? 'nothing sealed yet'}`,
  ];
}
