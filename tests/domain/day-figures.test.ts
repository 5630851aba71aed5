import { addFigures, areOf, firstDifference, noFigures, wrapped, type HourFigures } from '../../domain/day-figures';
import type { OutputColumn } from '../../domain/pipeline';

const COLUMNS: readonly OutputColumn[] = [
  { name: 'at', type: 'VARCHAR' },
  { name: 'id', type: 'BIGINT' },
];
const figures = (rows: number, values: number, sum: string): HourFigures => ({
  rows,
  columns: [
    { name: 'at', values: rows, sum: '0' },
    { name: 'id', values, sum },
  ],
});

it.each([
  [2n ** 63n, '-9223372036854775808'],
  [2n ** 64n + 5n, '5'],
  [-1n, '-1'],
])('keeps a sum of %i as Druid does, modulo 2^64: %s', (sum, kept) => {
  expect(wrapped(sum)).toBe(kept);
});

it('adds the figures of parts, whatever the size of their sums', () => {
  const largest = '9223372036854775807';
  expect(addFigures(figures(2, 1, largest), figures(3, 3, '1'))).toEqual(figures(5, 4, '-9223372036854775808'));
  expect(addFigures(noFigures(COLUMNS), figures(3, 3, '1'))).toEqual(figures(3, 3, '1'));
});

it.each([
  ['the rows', figures(3, 2, '7'), 'Druid serves 3 rows, the batch wrote 2'],
  ['the values of a column', figures(2, 1, '7'), "id has 1 values in Druid, and 2 in the batch's rows"],
  ['the sum of a column', figures(2, 2, '8'), "the sum over id is 8 in Druid, and 7 in the batch's rows"],
])('says what differs first: %s', (_, druid, difference) => {
  expect(firstDifference(druid, figures(2, 2, '7'))).toBe(difference);
});

it('finds no difference between equal figures', () => {
  expect(firstDifference(figures(2, 2, '7'), figures(2, 2, '7'))).toBeUndefined();
});

it('knows figures of other columns, also in another order', () => {
  expect(areOf(figures(1, 1, '1'), COLUMNS)).toBe(true);
  expect(areOf(figures(1, 1, '1'), COLUMNS.toReversed())).toBe(false);
  expect(areOf(figures(1, 1, '1'), [...COLUMNS, { name: 'digest', type: 'BIGINT' }])).toBe(false);
});
