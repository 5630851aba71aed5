import { notSettled, refusalsOf, truncatedFiles } from '../../domain/gate';

const gate = {
  ...{ settleSeconds: 60, settleTimeoutSeconds: 3600, allowedMissingHours: 0, maximumShortfall: 0.01 },
  ...{ maximumQuarantined: 0.05, maximumOutsideDay: 0.05 },
};
const clean = {
  counts: { read: 200, fromNeighbours: 0, quarantined: 0, outsideDay: 0 },
  truncated: { count: 0, names: [] },
};
const codes = (input: Partial<Parameters<typeof refusalsOf>[1]>, changed = {}): string[] =>
  refusalsOf(
    { ...gate, ...changed },
    {
      ...{ ...clean, missingHours: [], written: { '00': 100, '01': 100 }, realtimeDistinct: { '00': 100, '01': 100 } },
      ...input,
    },
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
  const [refusal] = refusalsOf(gate, {
    ...clean,
    ...{ missingHours: ['03', '04'], written: { '00': 1 }, realtimeDistinct: {} },
  });
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

it('refuses a day with too many bad records, and names the share', () => {
  const counts = { ...clean.counts, quarantined: 11 };
  expect(codes({ counts: { ...counts, quarantined: 10 } })).toEqual([]);
  expect(codes({ counts })).toEqual(['TOO_MANY_QUARANTINED']);
  expect(codes({ counts }, { maximumQuarantined: 0.055 })).toEqual([]);
});

it('refuses a day whose own files hold too many records of other days', () => {
  const counts = { ...clean.counts, read: 300, fromNeighbours: 100, outsideDay: 11 };
  expect(codes({ counts: { ...counts, outsideDay: 10 } })).toEqual([]);
  expect(codes({ counts })).toEqual(['TOO_MANY_OUTSIDE']);
  expect(codes({ counts }, { maximumOutsideDay: 0.055 })).toEqual([]);
});

it('refuses a day with files that are not whole, and names some of them', () => {
  const names = Array.from({ length: 12 }, (_, index) => `names.20261121.${index + 10}.json.gz`);
  const [refusal] = refusalsOf(gate, {
    ...clean,
    ...{ missingHours: [], written: { '00': 1 }, realtimeDistinct: {}, truncated: truncatedFiles(names) },
  });
  expect(refusal).toMatchObject({ code: 'TRUNCATED_FILES', figures: { truncated: 12 } });
  expect(refusal?.reason).toContain('12 files were not read to their end (names.20261121.10.json.gz, ');
});

it('refuses a day whose proven rows Druid’s compaction would alter, naming the settings', () => {
  const [refusal] = refusalsOf(gate, {
    ...clean,
    ...{ missingHours: [], written: { '00': 1 }, realtimeDistinct: {} },
    compactionConflicts: ['granularitySpec.rollup is true: equal rows become one'],
  });
  expect(refusal?.code).toBe('COMPACTION_CONFLICT');
  expect(refusal?.reason).toContain('granularitySpec.rollup is true: equal rows become one');
});
