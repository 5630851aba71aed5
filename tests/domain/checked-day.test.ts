import { checkedDay, checkTable, describeCheck } from '../../domain/checked-day';
import { type RowCheck } from '../../domain/row-checks';

const CHECK: RowCheck = { name: 'no_uid', where: 'uid\n  IS NULL', atMost: 0 };
const HOURS = [
  { hour: '06', written: 0 },
  { hour: '07', written: 600, wrong: { no_uid: 3 } },
  { hour: '08', written: 400, wrong: { no_uid: 9 } },
];

it('adds the hours up, and names the worst one', () => {
  expect(checkedDay([CHECK], HOURS)).toEqual([
    { ...CHECK, wrong: 12, allowed: 0, worstHour: { hour: '08', wrong: 9 } },
  ]);
});

it('names no hour where nothing is wrong', () => {
  expect(checkedDay([CHECK], [{ hour: '07', written: 1, wrong: { no_uid: 0 } }])).toEqual([
    { ...CHECK, wrong: 0, allowed: 0 },
  ]);
});

it('leaves out a check that an hour with rows was not counted for', () => {
  const added: RowCheck = { ...CHECK, name: 'added' };
  expect(checkedDay([added, CHECK], HOURS).map(({ name }) => name)).toEqual(['no_uid']);
});

it.each([
  [7, 100, 7],
  ['1%', 1_000, 10],
  ['1%', 99, 0],
  ['0.29%', 10_000, 29],
  ['0.07%', 10_000, 7],
  ['0.000001%', 100_000_000, 1],
  ['100%', 5, 5],
])('a bound of %s allows of %i rows %i', (atMost, written, allowed) => {
  const [found] = checkedDay([{ ...CHECK, atMost }], [{ hour: '07', written, wrong: { no_uid: 0 } }]);
  expect(found?.allowed).toBe(allowed);
});

it('says in one line what was found and what is allowed', () => {
  const [found] = checkedDay([{ ...CHECK, atMost: '0.5%' }], HOURS);
  expect(describeCheck(found!)).toBe('no_uid: 12 rows where uid IS NULL, at most 0.5% = 5; most in hour 08: 9');
  expect(checkTable([found!])[1]).toEqual(['no_uid', '12', '0.5% = 5', '08: 9', 'uid IS NULL']);
});
