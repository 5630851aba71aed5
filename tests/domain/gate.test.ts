import { notSettled, refusalsOf } from '../../domain/gate';

const gate = { settleSeconds: 60, settleTimeoutSeconds: 3600, allowedMissingHours: 0, maximumShortfall: 0.01 };
const codes = (input: Partial<Parameters<typeof refusalsOf>[1]>, changed = {}): string[] =>
  refusalsOf(
    { ...gate, ...changed },
    { missingHours: [], written: { '00': 100, '01': 100 }, realtimeDistinct: { '00': 100, '01': 100 }, ...input },
  ).map(({ code }) => code);

it('lets a day pass that has every hour and every row', () => {
  expect(codes({})).toEqual([]);
});

it('lets a day pass that realtime does not serve at all', () => {
  expect(codes({ realtimeDistinct: {} })).toEqual([]);
});

it('refuses missing hours beyond what the pipeline allows, naming them', () => {
  expect(codes({ missingHours: ['03'] })).toEqual(['MISSING_HOURS']);
  expect(codes({ missingHours: ['03'] }, { allowedMissingHours: 1 })).toEqual([]);
  const [refusal] = refusalsOf(gate, { missingHours: ['03', '04'], written: { '00': 1 }, realtimeDistinct: {} });
  expect(refusal?.reason).toContain('2 hours have no input file (03, 04)');
  expect(refusal?.figures).toEqual({ missing: 2, allowed: 0 });
});

it('refuses a day without a row', () => {
  expect(codes({ written: { '00': 0 }, realtimeDistinct: {} })).toEqual(['EMPTY_DAY']);
});

it('refuses a batch that lacks rows of realtime, beyond the threshold', () => {
  expect(codes({ written: { '00': 100, '01': 98 } })).toEqual([]);
  expect(codes({ written: { '00': 100, '01': 97 } })).toEqual(['BATCH_SHORT']);
});

it('does not let a surplus in one hour hide what another hour lacks', () => {
  expect(codes({ written: { '00': 150, '01': 50 } })).toEqual(['BATCH_SHORT']);
});

it('tells every reason at once', () => {
  expect(codes({ missingHours: ['01'], written: {} })).toEqual(['MISSING_HOURS', 'EMPTY_DAY', 'BATCH_SHORT']);
});

it('tells how lately a file changed', () => {
  const { code, reason, figures } = notSettled(gate, 12.7);
  expect(code).toBe('NOT_SETTLED');
  expect(reason).toContain('changed 12 s ago');
  expect(figures).toEqual({ unchangedSeconds: 12, settleSeconds: 60 });
});
