import { readFileSync } from 'node:fs';
import { ERROR_CODES } from '../../domain/errors';
import { GATE_CODES } from '../../domain/gate';

const page = readFileSync('docs/troubleshooting.md', 'utf8');
const rows = page.split('\n').filter((line) => line.startsWith('| `'));
const codeOf = (row: string): string => /^\| `([A-Z_]+)`/.exec(row)?.[1] ?? '';

it('has a row, with a meaning and a remedy, for every error code, and none for another', () => {
  const wanted = [...new Set([...Object.keys(ERROR_CODES), ...GATE_CODES])].sort();
  expect(rows.map(codeOf).sort()).toEqual(wanted);
  for (const row of rows)
    expect(row.split('|').map((cell) => cell.trim().length > 3)).toEqual([false, true, true, true, false]);
});
