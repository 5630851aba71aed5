import { parseReports } from '../../../../scripts/report/page/report';
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

function raise(): never {
  throw new Error('no report');
}
