import { hourNames } from '../../../../scripts/report/page/hour-names';

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour).padStart(2, '0'));
const shown = (unusualHours: Readonly<Record<string, number>>, width: number): string =>
  hourNames(HOURS, unusualHours, width)
    .filter((name) => name !== '')
    .join(' ');

it('names every hour where there is room', () => {
  expect(shown({ '02': 120 }, 600)).toBe(HOURS.join(' ').replace('02', '02*'));
});

it.each([
  ['no unusual hour', {}, '00 03 06 09 12 15 18 21'],
  ['an hour before a third one', { '02': 120 }, '00 02* 06 09 12 15 18 21'],
  ['an hour after a third one', { '01': 120 }, '01* 03 06 09 12 15 18 21'],
  ['a third one', { '00': 30 }, '00* 03 06 09 12 15 18 21'],
  ['the last one', { '23': 120 }, '00 03 06 09 12 15 18 21 23*'],
])('on a phone it names each third hour and the unusual one: %s', (_, unusualHours, names) => {
  expect(shown(unusualHours, 300)).toBe(names);
});
