import { extended, roundsOf, type StoredRound } from '../../../bench/torture/record';

const line = (at: string, round: number): string => `${JSON.stringify({ at, commit: 'c', seed: 1, round })}\n`;
const numbers = (lines: string): number[] => roundsOf(lines).map(({ round }: StoredRound) => round);

it('has each round of both once, in the order of their runs', () => {
  const [early, late] = ['2026-11-28T11:00:00.000Z', '2026-11-28T12:00:00.000Z'];
  const record = line(early, 1) + line(late, 3);
  const added = line(early, 1) + line(early, 2) + line(late, 3) + line(late, 4);
  expect(numbers(extended(record, added))).toEqual([1, 2, 3, 4]);
  expect(extended(extended(record, added), added)).toBe(extended(record, added));
});

it('is as it was if nothing was added, and takes what is there if it was empty', () => {
  const record = line('2026-11-28T11:00:00.000Z', 1);
  expect(extended(record, '')).toBe(record);
  expect(extended('', record)).toBe(record);
});
