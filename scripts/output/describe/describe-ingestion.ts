import type { IngestionTotals } from '../../../clients/druid';
import { counted } from '../../../domain/counted';
import type { SupervisorHealth } from '../../../domain/speed-layer';
import type { Ingestion, IngestionUnknown } from '../../operate/speed/ingestion';

/** The ingestion as text for people: the facts, then a line that begins with → for each thing to do. */
export function describeIngestion(ingestion: Ingestion | IngestionUnknown): string[] {
  if ('what' in ingestion) return [`! Druid: ${ingestion.what}`, `→ ${ingestion.remedy}`];
  const { health, totals, ended, ...behind } = ingestion;
  return [
    ...describeSupervisor(health),
    `Druid's running tasks: ${[describeTotals(totals), ...describeLag(behind)].join(', ')}`,
    ...(ended === undefined ? [] : [`those that began within 24 hours and ended: ${describeTotals(ended)}`]),
    ...(totals.thrownAway + (ended?.thrownAway ?? 0) === 0
      ? []
      : ['→ The dropped rows are in the hourly files: the next recompute of their days has them.']),
  ];
}

function describeLag({ lag, lagIsBound }: Pick<Ingestion, 'lag' | 'lagIsBound'>): string[] {
  return lag === undefined ? [] : [`lag ${lagIsBound === true ? 'at most ' : ''}${lag}`];
}

function describeTotals({ processed, thrownAway, unparseable }: IngestionTotals): string {
  return `took ${counted(processed, 'row')}, dropped ${thrownAway} that came after the seal, could not read ${unparseable}`;
}

/** The health alone, as the workflow knows it. Undefined before its first poll. */
export function describeSupervisor(health: SupervisorHealth | undefined): string[] {
  if (health === undefined) return ['Druid supervisor: not read yet'];
  const { state, remedy, sealedUntil } = health;
  return [
    `Druid supervisor: ${state}`,
    ...(remedy === undefined ? [] : [`→ ${remedy}`]),
    `sealed until: ${sealedUntil ?? 'nothing sealed yet'}`,
  ];
}
