import { parseBusinessDate } from '../../../../domain/business-date';
import { completeCounts } from '../../../../domain/day-manifest';
import type { DailyBatchResult } from '../../../../domain/daily-batch';
import { describeDay } from '../../../../scripts/output/describe/describe-day';

const RESULT: DailyBatchResult = {
  ...{ pipeline: 'events', date: parseBusinessDate('2026-11-21'), verdict: 'replaced', datasource: 'rows' },
  ...{ output: '/data', accepted: [], missingHours: [], taskId: 'task_1', version: 'v1', segments: 1, hours: [] },
  counts: completeCounts({ read: 0, kept: 0, duplicates: 0, quarantined: 0, outsideDay: 0 }, []),
  before: 'realtime',
};

it('says what of realtime the gate waited for in vain, and nothing of it where it saw all', () => {
  expect(describeDay(RESULT).join('\n')).not.toContain('in vain');
  expect(describeDay({ ...RESULT, realtimeUnseen: 'realtime to start its task' }).join('\n')).toContain(
    'what realtime had taken of the day; not all of it, because the gate waited in vain for realtime to start its task',
  );
});

it('names the files of neighbouring hours that could not be read to their end', () => {
  const damagedNeighbours = { count: 2, names: ['names.20261122.00.json.gz: the gzip member at byte 0 is damaged'] };
  expect(describeDay({ ...RESULT, damagedNeighbours }).join('\n')).toContain(
    '! 2 files of neighbouring hours were not read to their end, so records of the day may be missing: names.20261122.00.json.gz: the gzip member at byte 0 is damaged; …',
  );
});

it('says that a day without rows has no segment where Druid had none', () => {
  expect(describeDay(RESULT)).toContain('1 segment of rows, all of version v1, none realtime');
  expect(describeDay({ ...RESULT, version: '', segments: 0 })).toContain(
    'no segment of rows: the day has no row, and Druid had none to replace',
  );
});
