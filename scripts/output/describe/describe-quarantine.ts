import { counted, numeral } from '../../../domain/counted';
import type { Pipeline } from '../../../domain/pipeline';
import type { QuarantinedRecord } from '../../../engines/versions/quarantine';
import type { CountsByReason, QuarantineList, ShownQuarantine } from '../../operate/quarantine';
import type { Line } from '../safe-text';

import { table } from '../table';
import { wideTable } from '../wide-table';

/** Of a day in the list. The records of its other reasons are counted together. */
const MOST_REASONS = 5;

export function describeQuarantineList({ name }: Pipeline, { days, built, records }: QuarantineList): Line[] {
  const [last] = days.slice(-1);
  if (last === undefined) return [`no quarantined records in ${counted(built, 'built day')} of ${name}`];
  const rows = days.flatMap(({ date, records: ofDay, byReason }) => [
    [date, numeral(ofDay), 'all'],
    ...reasonRows(byReason),
  ]);
  return [
    table([['day', 'records', 'reason'], ...rows]),
    `${counted(records, 'quarantined record')} of ${name} on ${counted(days.length, 'day')}, of ${counted(built, 'built day')}`,
    `→ See the records: npx daybreak quarantine show --pipeline ${name} --date ${last.date}`,
  ];
}

function reasonRows(byReason: CountsByReason): string[][] {
  const others = byReason.slice(MOST_REASONS);
  const left = others.reduce((sum, { records }) => sum + records, 0);
  return [
    ...byReason.slice(0, MOST_REASONS).map(({ reason, records }) => ['', numeral(records), reason]),
    ...(others.length > 0 ? [['', numeral(left), counted(others.length, 'other reason')]] : []),
  ];
}

/** @param width characters of a line. Default: any. */
export function describeQuarantine({ name }: Pipeline, day: ShownQuarantine, width = Infinity): Line[] {
  const { date, records, selected, byReason, shown } = day;
  if (records === 0) return [`no quarantined records of ${name} on ${date}`];
  const of = selected === records ? '' : ` with this reason, of ${numeral(records)}`;
  const first = shown.length < selected ? `; the first ${numeral(shown.length)} are shown` : '';
  return [
    ...quarantineTable(shown, width),
    `${counted(selected, 'quarantined record')} of ${name} on ${date}${of}${first}`,
    table([['reason', 'records'], ...byReason.map(({ reason, records: ofReason }) => [reason, numeral(ofReason)])]),
  ];
}

/** Bad records with their places. Nothing if there are none. */
export function quarantineTable(records: readonly QuarantinedRecord[], width: number): Line[] {
  const rows = records.map(({ file, line, reason, text }) => [`${file}:${line}`, reason, text]);
  const titleOf = (index: number): string => `bad record ${index + 1}`;
  return wideTable({ head: ['file:line', 'reason', 'record'], rows, titleOf }, width);
}
