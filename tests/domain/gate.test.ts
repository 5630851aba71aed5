import { acceptanceIn, acceptInput, isAccepted, notSettled, refusalsOf, truncatedFiles } from '../../domain/gate';

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

it('refuses a day of which files are gone since it was replaced, and names some', () => {
  const names = ['names.20261121.07_1.json'];
  expect(codes({ gone: { count: 0, names: [] } })).toEqual([]);
  expect(codes({ gone: { count: 12, names } })).toEqual(['FILES_GONE']);
  const hours = { missingHours: [], written: { '00': 1 }, realtimeDistinct: {} };
  const [refusal] = refusalsOf(gate, { ...clean, ...hours, gone: { count: 12, names } });
  expect(refusal?.reason).toContain('12 input files of what Druid serves are gone (names.20261121.07_1.json, …)');
  expect(refusal?.figures).toEqual({ gone: 12 });
});

it('tells every reason at once', () => {
  expect(codes({ missingHours: ['01'], written: {} })).toEqual(['MISSING_HOURS', 'EMPTY_DAY', 'BATCH_SHORT']);
});

it('tells how lately a file changed', () => {
  const { code, reason, figures } = notSettled(gate, { file: 'a.json', seconds: 12.7 });
  expect(code).toBe('NOT_SETTLED');
  expect(reason).toContain('the input file a.json changed 12 s ago');
  expect(figures).toEqual({ unchangedSeconds: 12, settleSeconds: 60 });
  const ahead = notSettled(gate, { file: 'a.json', seconds: -32_400 });
  expect(ahead.reason).toContain('the time of the input file a.json is 32400 s in the future');
  expect(ahead.reason).toContain('Correct the clock or the time zone');
  expect(ahead.figures).toMatchObject({ unchangedSeconds: 0 });
});

it('refuses a day with too many bad records, and names the share', () => {
  const counts = { ...clean.counts, quarantined: 11 };
  expect(codes({ counts: { ...counts, quarantined: 10 } })).toEqual([]);
  expect(codes({ counts })).toEqual(['TOO_MANY_QUARANTINED']);
  expect(codes({ counts }, { maximumQuarantined: 0.055 })).toEqual([]);
});

it('names the command that shows why records are bad', () => {
  const command = 'npx daybreak quarantine show --pipeline events --date 2026-11-21';
  const day = { pipeline: 'events', date: '2026-11-21' };
  const truncated = { count: 1, names: ['names.20261121.10.json.gz'] };
  const hours = { missingHours: [], written: {}, realtimeDistinct: {} };
  const counts = { ...clean.counts, quarantined: 11 };
  const refusals = refusalsOf(gate, { ...clean, ...hours, counts, truncated, day });
  const named = refusals.filter(({ reason }) => reason.includes(`: ${command}. `)).map(({ code }) => code);
  expect(named).toEqual(['EMPTY_DAY', 'TOO_MANY_QUARANTINED', 'TRUNCATED_FILES']);
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

describe('checks of rows', () => {
  const check = { where: 'uid IS NULL', atMost: 5, allowed: 5, worstHour: { hour: '07', wrong: 4 } };
  const refusals = (day?: { readonly pipeline: string; readonly date: string }) =>
    refusalsOf(gate, {
      ...{ ...clean, missingHours: [], written: { '00': 1 }, realtimeDistinct: {} },
      checks: [
        { ...check, name: 'just', wrong: 5 },
        { ...check, name: 'more', wrong: 6 },
        { ...check, name: 'most', wrong: 7 },
      ],
      ...(day && { day }),
    });

  it('refuse a day for each one that is exceeded, with its count, its bound and its worst hour', () => {
    expect(refusals().map(({ code, check: name, figures }) => [code, name, figures])).toEqual([
      ['CHECK_FAILED', 'more', { wrong: 6, allowed: 5 }],
      ['CHECK_FAILED', 'most', { wrong: 7, allowed: 5 }],
    ]);
    expect(refusals()[0]?.reason).toContain('the check more: 6 rows where uid IS NULL, at most 5; most in hour 07: 4.');
  });

  it('say how to look at the rows and how to accept them', () => {
    const reason = refusals({ pipeline: 'events', date: '2026-11-21' })[0]?.reason;
    expect(reason).toContain('npx daybreak batch rows --pipeline events --date 2026-11-21 --check more');
    // The reason of the next check follows it.
    expect(reason).toMatch(
      /: npx daybreak batch run --pipeline events --date 2026-11-21 --accept CHECK_FAILED:more\.$/,
    );
  });

  it('are accepted one by one, or all together', () => {
    const left = (...accept: string[]): (string | undefined)[] => {
      const given = acceptInput.parse({ accept });
      return refusals()
        .filter((refusal) => !isAccepted(refusal, given.accept))
        .map(({ check: name }) => name);
    };
    expect(left()).toEqual(['more', 'most']);
    expect(left('CHECK_FAILED:more')).toEqual(['most']);
    expect(left('CHECK_FAILED:other', 'EMPTY_DAY')).toEqual(['more', 'most']);
    expect(left('CHECK_FAILED')).toEqual([]);
  });

  it.each(['CHECK_FAILED:', 'CHECK_FAILED:a b', 'EMPTY_DAY:more', 'CHECK_FAILED:more\n'])(
    '%j accepts nothing',
    (text) => {
      expect(acceptanceIn(text)).toBeUndefined();
    },
  );
});
