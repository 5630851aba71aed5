import { parseBusinessDate } from '../../domain/business-date';
import { decideLateData, type DaySurvey, type NightlyRun } from '../../domain/late-data';

const settings = { minimumRows: 100, minimumHoursBetween: 6, missedDays: 'report' } as const;
const built = new Date('2026-11-22T00:40:00Z');
const hoursLater = (hours: number): Date => new Date(built.getTime() + hours * 3_600_000);

const survey = (differs: Partial<DaySurvey>): DaySurvey => ({
  date: parseBusinessDate('2026-11-21'),
  inputs: 'changed',
  lateRows: 100,
  otherTransform: false,
  changedAt: built.toISOString(),
  replaced: true,
  restored: false,
  ...differs,
});

it.each([
  ['enough late rows, long enough ago', {}, 6, 'recompute'],
  ['fewer rows than the threshold', { lateRows: 99 }, 6, 'wait'],
  ['too soon after the last build', {}, 5.9, 'wait'],
  ['restored by an operator', { restored: true }, 1_000, 'leave'],
  ['files of its build gone, whatever else came', { inputs: 'expired' }, 1_000, 'cannot'],
  ['unchanged files, even under another transform', { inputs: 'unchanged', otherTransform: true }, 1_000, 'leave'],
  ['files but no build, where Temporal cannot be asked', { inputs: 'unbuilt' }, 1_000, 'leave'],
  ['nothing at all', { inputs: 'none' }, 1_000, 'leave'],
] as const)('%s', (_title, differs, hours, decision) => {
  const decided = decideLateData(settings, survey(differs), hoursLater(hours));
  expect(decided.decision).toBe(decision);
  expect(decided.because).not.toBe('');
});

it('says from when on a day that was built lately is due', () => {
  expect(decideLateData(settings, survey({}), hoursLater(1)).because).toContain('2026-11-22T06:40:00.000Z');
});

it('waits as long after a run that failed before its build ended', () => {
  const failed = { running: false, outcome: 'failed:NOT_SETTLED', endedAt: hoursLater(10) };
  const nightly = { hasSchedule: true, due: built, underWay: false, last: failed };
  const decide = (hours: number) => decideLateData(settings, survey({}), hoursLater(hours), nightly);
  expect(decide(11)).toMatchObject({
    decision: 'wait',
    because: expect.stringContaining('2026-11-22T16:40') as string,
  });
  expect(decide(16).decision).toBe('recompute');
});

it('waits no longer after a run that replaced the day than after its build', () => {
  const last = { running: false, outcome: 'replaced', endedAt: hoursLater(10) };
  const nightly = { hasSchedule: true, due: built, underWay: false, last };
  expect(decideLateData(settings, survey({}), hoursLater(11), nightly).decision).toBe('recompute');
});

it('says what a recompute without the files of the build would lose', () => {
  expect(decideLateData(settings, survey({ inputs: 'expired' }), hoursLater(1)).because).toContain('would lose');
});

describe('a day that has files and was never built', () => {
  const due = new Date('2026-11-22T00:30:00Z');
  const hoursAfter = (hours: number): Date => new Date(due.getTime() + hours * 3_600_000);
  const decided = (differs: Partial<NightlyRun>, hours: number, missedDays: 'report' | 'build' = 'report') =>
    decideLateData({ ...settings, missedDays }, survey({ inputs: 'unbuilt', replaced: false }), hoursAfter(hours), {
      hasSchedule: true,
      due,
      underWay: false,
      ...differs,
    });

  it.each<[string, Partial<NightlyRun>, number, string]>([
    ['whose run is due', {}, -0.5, 'leave'],
    ['whose run was due just now', {}, 0.9, 'leave'],
    ['whose run was due and did not come', {}, 1, 'missed'],
    ['while nights are caught up', { underWay: true }, 50, 'leave'],
    ['before the first day of the schedule', { begins: hoursLater(1_000) }, 50, 'leave'],
    ['whose run is under way', { last: { running: true, outcome: 'running' } }, 50, 'leave'],
    ['whose run was refused', { last: { running: false, outcome: 'refused:MISSING_HOURS' } }, 50, 'leave'],
    ['whose files came after its run', { last: { running: false, outcome: 'refused:NO_INPUT' } }, 50, 'missed'],
  ])('%s', (_title, differs, hours, decision) => {
    expect(decided(differs, hours).decision).toBe(decision);
    expect(decided(differs, hours, 'build').decision).toBe(decision === 'missed' ? 'build' : decision);
  });

  it('says since when it waits', () => {
    expect(decided({}, 2).because).toContain('was due at 2026-11-22T00:30:00.000Z and did not come');
  });

  it('waits for no night of a pipeline without a schedule', () => {
    const because = (differs: Partial<NightlyRun>, hours: number): string =>
      decided({ hasSchedule: false, ...differs }, hours).because;
    expect(because({}, 0)).toBe('not built yet: the pipeline has no nightly schedule');
    expect(because({}, 2)).toBe('never built: the pipeline has no nightly schedule');
    expect(because({ last: { running: false, outcome: 'refused:NO_INPUT' } }, 2)).toContain(
      'its files came after a run',
    );
  });
});
