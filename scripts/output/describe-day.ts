import type { DailyBatchResult } from '../../domain/daily-batch';
import { reconciliationTable } from '../../domain/reconciliation';
import { table } from './table';

/** A replaced day as people read it: the table, where the records went, the verdict. */
export function describeDay(result: DailyBatchResult): string {
  const { pipeline, date, hours, counts, segments, version, sealedUntil, accepted, verdict, datasource } = result;
  return [
    `${pipeline} ${date}`,
    table(reconciliationTable(hours)),
    `read ${counts.read} = kept ${counts.kept} + duplicates ${counts.duplicates} + quarantined ${counts.quarantined} + outside the day ${counts.outsideDay}`,
    sealedUntil === undefined ? 'not sealed: the batch has a datasource of its own' : `sealed until ${sealedUntil}`,
    `${segments} segment(s) of ${datasource}, all of version ${version}, none realtime`,
    ...accepted.map(({ code, reason }) => `accepted ${code}: ${reason}`),
    `verdict: ${verdict} — Druid serves exactly the batch’s rows in every hour`,
  ].join('\n');
}
