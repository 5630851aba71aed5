import { parseReport } from '../../../../scripts/report/page/report';
import { sampleReport } from '../sample';

it('reads what was written, with its first and last day and the days that need somebody', () => {
  const written = sampleReport();
  const { firstDay, lastDay, daysToRepair, ...read } = parseReport(JSON.stringify(written));
  expect(read).toEqual(written);
  expect([firstDay.date, lastDay.date]).toEqual(['2026-10-12', '2026-11-22']);
  expect(daysToRepair.map(({ date }) => date)).toEqual(['2026-11-01', '2026-11-14']);
});

it('refuses a report without a day', () => {
  expect(() => parseReport(JSON.stringify({ ...sampleReport(), days: [] }))).toThrow('the report has no day');
});
