import { counted } from '../../../domain/counted';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { describeCounts } from '../../../domain/day-manifest';
import { describeDamaged } from '../../../domain/gate';
import { describeProof } from '../../../domain/proof-kind';
import { describeBefore, reconciliationTable } from '../../../domain/reconciliation';
import { checkTable } from '../../../domain/checked-day';
import type { Line } from '../safe-text';
import { table } from '../table';

/** A replaced day as text for people: the table, where the records went, and the verdict. */
export function describeDay(result: DailyBatchResult): Line[] {
  const { pipeline, date, hours, counts, segments, version, sealedUntil, accepted, verdict, datasource } = result;
  const { proof = 'rows', checks, damagedNeighbours } = result;
  return [
    `${pipeline} ${date}`,
    table(reconciliationTable(hours)),
    ...(checks === undefined ? [] : [table(checkTable(checks))]),
    describeBefore(result.before, result),
    describeCounts(counts),
    sealedUntil === undefined ? 'not sealed: the batch has its own datasource' : `sealed until ${sealedUntil}`,
    segments === 0
      ? `no segment of ${datasource}: the day has no row, and Druid had none to replace`
      : `${counted(segments, 'segment')} of ${datasource}, all of version ${version}, none realtime`,
    ...(damagedNeighbours === undefined ? [] : [`! ${describeDamaged(damagedNeighbours)}`]),
    ...accepted.map(({ code, reason }) => `accepted ${code}: ${reason}`),
    `verdict: ${verdict} — proven ${describeProof(proof)}: Druid serves the batch’s rows in every hour`,
  ];
}
