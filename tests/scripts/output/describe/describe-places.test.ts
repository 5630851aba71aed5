import { DaybreakError } from '../../../../domain/errors';
import { describePlace, placeJson } from '../../../../scripts/output/describe/describe-places';

const input = { of: 'input', place: 's3://logs/events/' } as const;
const output = { of: 'output', place: '/data/events/output' } as const;
const failure = new DaybreakError('STORAGE_REFUSED', {
  what: 'it failed',
  remedy: 'Do this.',
  cause: new Error('secret'),
});

it.each([
  [
    { ...input, can: ['list', 'read'], file: 'a.json' },
    'input s3://logs/events/: can be listed; a.json can be read; nothing is written there',
  ],
  [
    { ...input, can: ['list'], note: 'no file is there to read' },
    'input s3://logs/events/: can be listed; no file is there to read; nothing is written there',
  ],
  [{ ...input, can: [], failure }, 'input s3://logs/events/: cannot be listed'],
  [
    { ...input, can: ['list'], file: 'a.json', failure },
    'input s3://logs/events/: can be listed; a.json cannot be read',
  ],
  [
    { of: 'table', table: 'names', place: 's3://logs/', can: ['list', 'read'], file: 'a.csv' },
    'table names s3://logs/: can be listed; a.csv can be read; nothing is written there',
  ],
  [{ ...output, can: ['write'] }, 'output /data/events/output: can be written'],
  [{ ...output, can: [], failure }, 'output /data/events/output: cannot be written'],
] as const)('%j is said in one line', (check, line) => {
  expect(describePlace(check)).toBe(line);
});

it('gives programs the code, what failed and the remedy, and no cause', () => {
  expect(JSON.stringify(placeJson({ ...output, can: [], failure }))).toBe(
    '{"of":"output","place":"/data/events/output","can":[],"failure":{"code":"STORAGE_REFUSED","what":"it failed","remedy":"Do this."}}',
  );
  expect(placeJson({ ...output, can: ['write'] })).toEqual({ ...output, can: ['write'] });
});
