import { realtimeError } from '../../domain/realtime-error';

const hour = { hour: '00', rows: 100, distinct: 100, written: 100 };

it.each([
  ['exact', {}, 100, { doubled: 0, missing: 0, surplus: 0, late: 0 }],
  ['rows that were served twice', { rows: 103 }, 100, { doubled: 3, missing: 0, surplus: 0, late: 0 }],
  ['rows that were not served', { rows: 90, distinct: 90 }, 100, { doubled: 0, missing: 10, surplus: 0, late: 0 }],
  ['rows that the files do not have', { written: 96 }, 96, { doubled: 0, missing: 0, surplus: 4, late: 0 }],
  ['files that came after the first batch', {}, 107, { doubled: 0, missing: 0, surplus: 0, late: 7 }],
])('%s', (_, served, writtenNow, expected) => {
  expect(realtimeError({ ...hour, ...served }, writtenNow)).toEqual(expected);
});

it('takes no row for late if the pipeline changed since the first batch', () => {
  expect(realtimeError(hour, undefined)).toEqual({ doubled: 0, missing: 0, surplus: 0 });
});
