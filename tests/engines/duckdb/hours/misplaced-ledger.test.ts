import { MisplacedLedger } from '../../../../engines/duckdb/hours/misplaced-ledger';
import type { BuildPlan, SourceHour } from '../../../../engines/model/build-plan';

function source(hour: string, misplaced: Readonly<Record<string, number>> = {}): SourceHour {
  return { hour, files: [], read: 0, outsideDay: 0, quarantined: 0, misplaced, truncatedFiles: [] };
}

/** The ledger of a day with the hours 00 to 03, each with a file. */
function ledgerOf(changed: readonly string[], previous: readonly SourceHour[] = []): MisplacedLedger {
  const hours = ['00', '01', '02', '03'];
  const plan: Pick<BuildPlan, 'hours' | 'sources' | 'changed' | 'previous'> = {
    hours,
    sources: new Map(hours.map((hour) => [hour, []])),
    changed: new Set(changed),
    previous: new Map(previous.map((one) => [one.hour, one])),
  };
  return new MisplacedLedger(plan as BuildPlan);
}

function allSources(ledger: MisplacedLedger): string[] {
  const sources: string[] = [];
  for (let next = ledger.nextSource(); next !== undefined; next = ledger.nextSource()) sources.push(next);
  return sources;
}

it('has every hour read once and written where there is no previous build', () => {
  const ledger = ledgerOf(['00', '01', '02', '03']);
  expect(allSources(ledger)).toEqual(['00', '01', '02', '03']);
  expect([...ledger.targets]).toEqual(['00', '01', '02', '03']);
});

it('reads neighbouring hours first, then the largest', () => {
  const sizes = { '00': [1], '01': [5, 5], '02': [7], '2026-11-22T00': [2], '03': [8] };
  const sources = Object.entries(sizes).map(([hour, bytes]) => [hour, bytes.map((size) => ({ bytes: size }))] as const);
  const plan = { hours: ['00', '01', '02', '03'], sources: new Map(sources), changed: new Set(Object.keys(sizes)) };
  const ledger = new MisplacedLedger({ ...plan, previous: new Map() } as unknown as BuildPlan);
  expect(allSources(ledger)).toEqual(['2026-11-22T00', '01', '03', '02', '00']);
});

it('has hours of which a changed file held records written again, and all files with records of these read', () => {
  const ledger = ledgerOf(['01'], [source('00', { '02': 3 }), source('01', { '02': 1 }), source('02'), source('03')]);
  expect([...ledger.targets]).toEqual(['01', '02']);
  expect(allSources(ledger)).toEqual(['00', '01', '02']);
});

it('goes on to hours of which a changed file holds records now', () => {
  const ledger = ledgerOf(['01'], [source('00'), source('01'), source('02'), source('03', { '00': 2 })]);
  expect(allSources(ledger)).toEqual(['01']);
  ledger.record(source('01', { '00': 4 }));
  expect(allSources(ledger)).toEqual(['00', '03']);
  ledger.record(source('03', { '00': 2 }));
  expect(ledger.sourcesOf('00').map(({ hour }) => hour)).toEqual(['01', '03']);
  expect(ledger.recordsOf('00')).toBe(6);
  expect(ledger.recordsOf('02')).toBe(0);
});
