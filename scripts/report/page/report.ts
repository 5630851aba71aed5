import type { PipelineNotShown, ReportData, ReportDay, ReportPage } from '../report-data';

/** One pipeline's data, with at least one day. */
export interface Report extends ReportData {
  readonly firstDay: ReportDay;
  readonly lastDay: ReportDay;
  /** The days that need somebody, in order. */
  readonly daysToRepair: readonly ReportDay[];
  /** The days that have files and no run although their night is over, in order. */
  readonly missedDays: readonly ReportDay[];
}

/** The data of the page. */
export interface Reports {
  readonly reports: readonly Report[];
  readonly notShown: readonly PipelineNotShown[];
}

/**
 * Reads the JSON that html.ts put into the page. The same command writes the JSON and bundles this script, both from
 * the type `ReportPage`. So the fields are not checked again.
 *
 * @throws Error if a report has no day
 */
export function parseReports(json: string): Reports {
  const { reports, notShown } = JSON.parse(json) as ReportPage;
  return { reports: reports.map(reportOf), notShown };
}

function reportOf(data: ReportData): Report {
  const [firstDay] = data.days;
  const lastDay = data.days.at(-1);
  if (firstDay === undefined || lastDay === undefined) throw new Error('the report has no day');
  const daysToRepair = data.days.filter(({ remedy }) => remedy !== undefined);
  return { ...data, firstDay, lastDay, daysToRepair, missedDays: data.days.filter(isMissed) };
}

/** Whether the day has files and no run, although its night is over. */
export function isMissed({ missed }: ReportDay): boolean {
  return missed === true;
}

/** Why a day without a stored result has no table of its hours. */
export function whyNoTable({ verdict, runs, hasFiles }: ReportDay): string {
  if (hasFiles === false) return 'The day has no files: there is nothing to build.';
  if (verdict === 'replaced') return 'The batch replaced this day. The table of its hours is not on this machine.';
  if (runs.some(({ outcome }) => outcome === 'replaced' || outcome === 'restored')) {
    return 'An earlier run replaced this day. The table of its hours is not on this machine.';
  }
  if (verdict === 'none' && hasFiles === undefined) return 'Whether the batch replaced this day is not known.';
  return 'The batch has not replaced this day: realtime serves what it has of it.';
}
