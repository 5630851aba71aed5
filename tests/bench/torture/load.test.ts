import { instantOf } from '../../../bench/torture/load';

const at = (time: string): number => Date.parse(`2026-11-29T${time}+09:00`);

it.each([
  ['in the first hour of a day in its first second', '00:44:09', '00:00:00'],
  ['at any other time by an hour', '14:00:00', '13:00:00'],
])('a late event is late %s, so that it is of today', (_, now, expected) => {
  expect(instantOf(60, at(now))).toBe(at(expected));
  expect(instantOf(61, at(now))).toBe(at(now));
});
