import { lookAtSupervisor, type SupervisorLook } from '../activities/druid/supervisor-look';
import { createDruidClient } from '../clients/druid';
import { DaybreakError } from '../domain/errors';
import type { SupervisorHealth } from '../domain/speed-layer';
import type { Config } from '../worker/config';

/** How realtime arrives in Druid now; undefined where Druid does not answer. */
export async function lookAtIngestion(config: Config, datasource: string): Promise<SupervisorLook | undefined> {
  try {
    return await lookAtSupervisor(createDruidClient(config.druid), datasource);
  } catch (thrown) {
    if (thrown instanceof DaybreakError && thrown.code === 'DRUID_UNREACHABLE') return undefined;
    throw thrown;
  }
}

/** As people read it: what is so, and a line that begins with → for each thing to do. */
export function describeIngestion({ health, totals, lag }: SupervisorLook): string[] {
  const { processed, thrownAway, unparseable } = totals;
  const counts = [
    `took ${processed} rows`,
    `dropped ${thrownAway} that came after the seal`,
    `could not read ${unparseable}`,
    ...(lag === undefined ? [] : [`lag ${lag}`]),
  ];
  return [
    ...describeSupervisor(health),
    `Druid's running tasks: ${counts.join(', ')}`,
    ...(thrownAway === 0
      ? []
      : ['→ The dropped rows are in the hourly files: the next recompute of their days has them.']),
  ];
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
