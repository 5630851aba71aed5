import stringWidth from 'string-width';
import { table } from '../../../scripts/output/table';

const HOURS = [
  ['hour', 'before', 'distinct', 'read', 'bad', 'other days', 'duplicates', 'filtered', 'written', 'added', 'equal'],
  ...['00', '01', '02'].map((hour) => [hour, '8,333', '8,333', '8,412', '0', '0', '79', '0', '8,333', '0', 'yes']),
  ['day', '200,000', '200,000', '202,000', '0', '0', '2,000', '0', '200,000', '0', 'yes'],
];
const TROUBLE = [
  ['partition', 'offset', 'lag', 'trouble'],
  ['0', '123456789', '3', 'KAFKA_REFUSED the broker refuses its row as too large, and 또는 더 긴 이유가 있을 때'],
];

const widest = (text: string): number => Math.max(...text.split('\n').map(stringWidth));
/** The columns as they can be read in the text, block after block. */
const cellsOf = (text: string): string[] => text.split(/[│\n]/).map((cell) => cell.trim());

it.each([40, 60, 80, 100])('fits into %d characters', (columns) => {
  for (const rows of [HOURS, TROUBLE]) expect(widest(table(rows, columns).text)).toBeLessThanOrEqual(columns);
});

it('is as wide as its cells where there is no terminal, or one that is wide enough', () => {
  const whole = table(HOURS, Infinity).text;
  expect(widest(whole)).toBeGreaterThan(100);
  expect(whole.split('\n')).toHaveLength(HOURS.length + 3);
  expect(table(HOURS, widest(whole)).text).toBe(whole);
});

it('first leaves out columns that say nothing, and names them', () => {
  const text = table(HOURS, widest(table(HOURS, Infinity).text) - 1).text;
  expect(text.split('\n').at(-1)).toBe('0 or empty in every row, and not shown: bad, other days, filtered, added');
  expect(text.split('\n')).toHaveLength(HOURS.length + 4);
  expect(cellsOf(text)).toEqual(expect.arrayContaining(['duplicates', '2,000', 'equal', 'yes']));
});

it('breaks texts, and no figure', () => {
  const cells = cellsOf(table(TROUBLE, 60).text);
  expect(cells).toEqual(expect.arrayContaining(['123456789', 'partition']));
  expect(cells.join(' ').replaceAll(/ +/g, ' ')).toContain('또는 더 긴');
});

it('puts columns below the others, each with the first column, and loses no cell', () => {
  const text = table(HOURS, 40).text;
  const [head = [], ...body] = HOURS;
  const shown = head.filter((name) => !['bad', 'other days', 'filtered', 'added'].includes(name));
  for (const name of shown) expect(cellsOf(text)).toContain(name);
  expect(cellsOf(text).filter((cell) => cell === 'hour').length).toBeGreaterThan(1);
  for (const cell of body.flat()) if (cell !== '0') expect(cellsOf(text)).toContain(cell);
});

it('breaks words on a screen that is narrower than they are', () => {
  expect(widest(table(TROUBLE, 24).text)).toBeLessThanOrEqual(24);
});
