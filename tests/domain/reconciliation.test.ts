import {
  describeBefore,
  reconciliationMarkdown,
  reconciliationTable,
  type ReconciledHour,
} from '../../domain/reconciliation';

const hour: ReconciledHour = {
  hour: '00',
  realtimeRows: 1010,
  realtimeDistinct: 1000,
  read: 1017,
  quarantined: 2,
  outsideDay: 3,
  filtered: 4,
  written: 1001,
  missedByRealtime: 1,
  duplicates: 7,
  unmatched: 2,
  misfiled: 0,
  druidRows: 1000,
  equal: true,
};

it('has a line of names, a line an hour and a line of sums', () => {
  expect(reconciliationTable([hour, { ...hour, hour: '01', druidRows: 999, equal: false }])).toEqual([
    [
      ...['hour', 'before', 'distinct', 'read', 'bad', 'other days', 'duplicates', 'filtered', 'written', 'added'],
      ...['unmatched', 'after', 'equal'],
    ],
    ['00', '1,010', '1,000', '1,017', '2', '3', '7', '4', '1,001', '1', '2', '1,000', 'yes'],
    ['01', '1,010', '1,000', '1,017', '2', '3', '7', '4', '1,001', '1', '2', '999', 'NO'],
    ['day', '2,020', '2,000', '2,034', '4', '6', '14', '8', '2,002', '2', '4', '1,999', 'NO'],
  ]);
});

it('is a Markdown table with a line of dashes under the names', () => {
  const lines = reconciliationMarkdown([hour]).text.split('\n');
  expect(lines[1]).toBe(`| --- |${' ---: |'.repeat(12)}`);
  expect(lines).toHaveLength(4);
  expect(lines.slice(2).map((line) => line.split('|')[1]?.trim())).toEqual(['day', '00']);
});

it('names columns below that are 0 in every hour, so that the UI’s window has room for the others', () => {
  const rare = { quarantined: 0, outsideDay: 0, filtered: 0, unmatched: 0, missedByRealtime: 0 };
  const hours = [{ ...hour, ...rare, realtimeRows: 0, realtimeDistinct: 0 }];
  const [head, , ...rest] = reconciliationMarkdown(hours).text.split('\n');
  expect(head).toBe('| hour | before | distinct | read | duplicates | written | after | equal |');
  expect(rest.slice(2)).toEqual(['', '0 in every hour: bad, other days, filtered, added, unmatched']);
  const [shown] = reconciliationMarkdown([...hours, { ...hour, hour: '01', ...rare, quarantined: 1 }]).text.split('\n');
  expect(shown).toContain('| bad |');
});

it('adds up where the transform makes several rows of an event', () => {
  const [names = [], ...lines] = reconciliationTable([
    { ...hour, multiplied: 20, written: 1021 },
    { ...hour, hour: '01', multiplied: 0 },
  ]);
  const column = names.indexOf('multiplied');
  expect(names[column + 1]).toBe('written');
  expect(lines.map((cells) => cells[column])).toEqual(['20', '0', '20']);
  expect(reconciliationTable([hour])[0]).not.toContain('multiplied');
});

it('says what is an event and what a stored row where Druid rolls up', () => {
  const [names, line, sums] = reconciliationTable([{ ...hour, realtimeStored: 120, druidStored: 100 }]);
  expect([names, line, sums].map((cells) => cells?.slice(-2))).toEqual([
    ['stored before', 'stored after'],
    ['120', '100'],
    ['120', '100'],
  ]);
  expect(describeBefore('realtime', { proof: 'metrics' })).toContain('before and after are events');
  expect(describeBefore('realtime', { proof: 'aggregates' })).not.toContain('events');
});
