import type { ReportData, ReportDay } from '../report-data';

/** The data of the page, with at least one day. */
export interface Report extends ReportData {
  readonly firstDay: ReportDay;
  readonly lastDay: ReportDay;
  /** The days that need somebody, in order. */
  readonly daysToRepair: readonly ReportDay[];
}

/**
 * Reads the JSON that html.ts put into the page. The same command writes the JSON and bundles this script, both from
 * the type `ReportData`. So the fields are not checked again.
 *
 * @throws Error if the report has no day
 */
export function parseReport(json: string): Report {
  const data = JSON.parse(json) as ReportData;
  const [firstDay] = data.days;
  const lastDay = data.days.at(-1);
  if (firstDay === undefined || lastDay === undefined) throw new Error('the report has no day');
  return { ...data, firstDay, lastDay, daysToRepair: data.days.filter(({ remedy }) => remedy !== undefined) };
}
