import type { ReportDay } from '../../../../scripts/report/report-data';
import { parseReports, whyNoTable } from '../../../../scripts/report/page/report';
import { sampleReport } from '../sample';

it('reads what was written, with its first and last day, the days that need somebody and those without a run', () => {
  const written = sampleReport();
  const { reports, notShown } = parseReports(JSON.stringify({ reports: [written], notShown: [] }));
  const [{ firstDay, lastDay, daysToRepair, missedDays, ...read } = raise()] = reports;
  expect(read).toEqual(written);
  expect([firstDay.date, lastDay.date]).toEqual(['2026-10-12', '2026-11-22']);
  expect(daysToRepair.map(({ date }) => date)).toEqual(['2026-11-01', '2026-11-14']);
  expect(missedDays.map(({ date }) => date)).toEqual(['2026-10-14']);
  expect(notShown).toEqual([]);
});

it('refuses a report without a day', () => {
  const page = { reports: [{ ...sampleReport(), days: [] }], notShown: [] };
  expect(() => parseReports(JSON.stringify(page))).toThrow('the report has no day');
});

it('says that the batch has not replaced a day only where that is known', () => {
  const ran = (outcome: string) => ({ outcome, startedAt: '2026-11-21T15:30:00Z', url: 'http://127.0.0.1:8233' });
  const why = (verdict: ReportDay['verdict'], more: Partial<ReportDay> = {}) =>
    whyNoTable({ date: '2026-11-20', verdict, outcome: verdict, runs: [], ...more });
  expect(why('replaced')).toBe('The batch replaced this day. The table of its hours is not on this machine.');
  expect(why('failed', { runs: [ran('failed:NO_INPUT'), ran('restored')] })).toContain(
    'An earlier run replaced this day.',
  );
  expect(why('none')).toContain('not known');
  const notReplaced = 'The batch has not replaced this day: realtime serves what it has of it.';
  expect(why('none', { hasFiles: true })).toBe(notReplaced);
  expect(why('refused', { runs: [ran('refused:EMPTY_DAY')] })).toBe(notReplaced);
  expect(why('none', { hasFiles: false })).toBe('The day has no files: there is nothing to build.');
});

function raise(): never {
  throw new Error('no report');
}
