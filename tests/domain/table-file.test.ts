import fc from 'fast-check';
import { businessDateOf, parseBusinessDate, shiftDate } from '../../domain/business-date';
import { forDate } from '../../domain/file-pattern';
import { dateOfVersion, faultOfTableFile, isByDate, prefixOfVersions, versionOn } from '../../domain/table-file';

it.each([
  ['names.ndjson', undefined],
  ['lists/100%.csv', undefined],
  ['a*b.csv', undefined],
  ['names.%Y-%m-%d.ndjson', undefined],
  ['%Y/%-m/names.%d.csv.gz', undefined],
  ['%Y/%m/names.%Y%m%d.json', undefined],
  ['names.%Y-%m-%d*.ndjson', 'several files'],
  ['names.%Y-%m.ndjson', 'must tell its day'],
  ['names.%Y%-m%-d.ndjson', 'without leading zeros'],
  ['names.%Y-%m-%dT%H.ndjson', 'it has %H, and a table has one version a day'],
  ['names.%Y-%m-%d.%H.%M.ndjson', 'it has %H'],
  ['names.%Y-%m-%d.%S.ndjson', '%S is none of'],
  ['names.%Y-%m-%d.100%', 'begins no placeholder'],
  ['/names.%Y-%m-%d', 'begins or ends with /'],
  ['../names.%Y-%m-%d', 'leaves its folder'],
])('%s: %s', (file, fault) => {
  if (fault === undefined) expect(faultOfTableFile(file)).toBeUndefined();
  else expect(faultOfTableFile(file)).toContain(fault);
});

it.each([
  ['names.%Y-%m-%d.ndjson', 'names.2026-11-21.ndjson', '2026-11-21'],
  ['names.%Y-%m-%d.ndjson', 'names.2026-11-21.ndjson.gz', undefined],
  ['names.%Y-%m-%d.ndjson', 'names.2026-11-21xndjson', undefined],
  ['names.%Y-%m-%d.ndjson', 'other.names.2026-11-21.ndjson', undefined],
  ['names.%Y-%m-%d.ndjson', 'names.2026-02-30.ndjson', undefined],
  ['names.%Y-%m-%d.ndjson', 'names.2026-2-03.ndjson', undefined],
  ['names.%Y-%-m-%-d.ndjson', 'names.2026-2-3.ndjson', '2026-02-03'],
  ['names.%Y-%-m-%-d.ndjson', 'names.2026-02-03.ndjson', undefined],
  ['%Y/%m/names.%Y%m%d.csv', '2026/11/names.20261121.csv', '2026-11-21'],
  ['%Y/%m/names.%Y%m%d.csv', '2026/10/names.20261121.csv', undefined],
])('the date that %s finds in %s is %s', (pattern, file, date) => {
  expect(isByDate(pattern)).toBe(true);
  expect(dateOfVersion(pattern, file)).toBe(date);
  if (date !== undefined) expect(file).toMatch(new RegExp(`^${prefixOfVersions(pattern)}`));
});

const FIRST = parseBusinessDate('2023-12-20');
const date = fc.integer({ min: 0, max: 800 }).map((days) => shiftDate(FIRST, days));
const pattern = fc.constantFrom('n.%Y-%m-%d.csv', '%Y/%-m/%-d.csv', '%d%m%Y', '%Y/%m/n.%Y%m%d.json.gz');

it('finds in the name of a version the date that it was made of, whatever the pattern', () => {
  fc.assert(
    fc.property(pattern, date, (file, day) => {
      expect(dateOfVersion(file, forDate(file, day))).toBe(day);
    }),
  );
});

it('chooses the latest version at or before the local day, in any zone and around each change of its clocks', () => {
  const zone = fc.constantFrom(
    'UTC',
    'Asia/Seoul',
    'America/New_York',
    'Europe/Berlin',
    'Pacific/Apia',
    'Asia/Kolkata',
  );
  const hours = fc.integer({ min: 0, max: 800 * 24 });
  fc.assert(
    fc.property(fc.array(date, { maxLength: 12 }), pattern, zone, hours, (dates, file, timeZone, at) => {
      const now = new Date(Date.parse(`${FIRST}T00:30:00Z`) + at * 3_600_000);
      // Written by Intl, as YYYY-MM-DD.
      const today = new Intl.DateTimeFormat('en-CA', { timeZone, dateStyle: 'short' }).format(now);
      const versions = dates.map((day) => ({ file: forDate(file, day), date: day }));
      const { chosen, oldest } = versionOn(versions, businessDateOf(now, timeZone));
      const sorted = [...dates].sort();
      expect(chosen?.date).toBe(sorted.filter((day) => day <= today).at(-1));
      expect(oldest?.date).toBe(sorted[0]);
    }),
    { numRuns: 1_000 },
  );
});

it('gives a day the same version when later ones appear', () => {
  fc.assert(
    fc.property(fc.array(date), date, fc.array(date), (dates, day, later) => {
      const files = dates.map((of) => ({ file: of, date: of }));
      const added = later.filter((of) => of > day).map((of) => ({ file: of, date: of }));
      expect(versionOn([...added, ...files], day).chosen).toEqual(versionOn(files, day).chosen);
    }),
  );
});
