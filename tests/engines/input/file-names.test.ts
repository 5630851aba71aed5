import * as fc from 'fast-check';
import { dayNames } from '../../../engines/input/file-names';
import { DAY } from '../scratch';

it.each([
  ['names.%Y%m%d.%H*.json', 'names.20261121.23.json', '23'],
  ['names.%Y%m%d.%H*.json', 'names.20261121.23_7.json', '23'],
  ['names.%Y%m%d.%H*.json', 'names.20261121.23.b1.json.GZ', '23'],
  ['names.%Y%m%d.%H*.json', 'names.20261121.231.json', undefined],
  ['names.%Y%m%d.%H*.json', 'names.20261121.24.json', undefined],
  ['names.%Y%m%d.%H*.json', 'names.20261122.23.json', undefined],
  ['names.%Y%m%d.%H*.json', 'names.20261121.23.json.gz.gz', undefined],
  ['names.%Y%m%d.%H.json.gz', 'names.20261121.05.json.gz', '05'],
  ['names.%Y%m%d.%H.json.gz', 'names.20261121.05.json.gz.gz', undefined],
  ['*%Y%m%d%H*', '20261121079', undefined],
  ['*%Y%m%d%H*', '.2026112107', undefined],
  ['*.%Y.%m.%d*%H', 'a.2026.11.21-07', '07'],
  ['dt=%Y-%m-%d/hour=%H/*.json', 'dt=2026-11-21/hour=05/part-0.json', '05'],
  ['dt=%Y-%m-%d/hour=%H/*.json', 'dt=2026-11-21/hour=05/a/part-0.json', undefined],
  ['dt=%Y-%m-%d/hour=%H/*.json', 'dt=2026-11-21/hour=05/.part-0.json', undefined],
  ['dt=%Y-%m-%d/hour=%H/*.json', 'dt=2026-11-21/hour=05/part-0.json.ZST', '05'],
  ['%Y/%m/%d/%H/s-%Y-%m-%d-%H-%M-*', '2026/11/21/05/s-2026-11-21-05-59-x', '05'],
  ['%Y/%m/%d/%H/s-%Y-%m-%d-%H-%M-*', '2026/11/21/05/s-2026-11-21-06-00-x', undefined],
  ['%Y/%m/%d/%H/s-%Y-%m-%d-%H-%M-*', '2026/11/21/05/s-2026-11-21-05-60-x', undefined],
  ['%Y%m%d/%H/*-%H.json', '20261121/05/a-06.json', undefined],
  ['%Y%m%d/%H/*-%H.json', '20261121/06/a-06.json', '06'],
  ['%Y-%m-%d-%-H.json', '2026-11-21-5.json', '05'],
  ['%Y-%m-%d-%-H.json', '2026-11-21-15.json.gz', '15'],
  ['%Y-%m-%d-%-H.json', '2026-11-21-05.json', undefined],
  ['%Y-%m-%d-%-H*', '2026-11-21-175.json', undefined],
  ['%Y-%m-%d-%H.json', '2026-11-21-5.json', '05'],
  ['%Y%m%d%H.json', '202611215.json', undefined],
  ['%Y%m%d*.json', '20261121.json', '00'],
  ['%Y%m%d*.json', '20261121-b.json', '00'],
  ['%Y%m%d*.json', '2026112105.json', undefined],
  ['%-d.%-m.%Y.json', '21.11.2026.json', '00'],
  // The first * takes as much as it can.
  ['%Y%m%d*%H*', '20261121-07-08', '08'],
])('%s: %s is of the hour %s', (pattern, name, hour) => {
  expect(dayNames(pattern, DAY).nameOf(name)?.hour).toBe(hour);
});

it('reads a long name that fits no pattern of many stars', () => {
  const { nameOf } = dayNames('*a*a*a*a*%Y%m%d%H*a*a*a*a*.json', DAY);
  expect(nameOf(`${'a'.repeat(120)}2026112107${'a'.repeat(120)}`)).toBeUndefined();
  expect(nameOf(`${'a'.repeat(120)}2026112107${'.a'.repeat(60)}.json`)?.hour).toBe('07');
});

it('takes what the regular expression of the pattern takes, and the same hour', () => {
  const piece = fc.constantFrom('*', '*', 'a', '.', '-', '0', '.gz', '');
  const pattern = fc
    .tuple(fc.array(piece, { maxLength: 3 }), piece, piece, fc.array(piece, { maxLength: 4 }))
    .map(([before, one, two, after]) => `${before.join('')}%Y%m%d${one}${two}%H${after.join('')}`);
  const name = fc
    .array(fc.constantFrom('20261121', '07', '23', '2', 'a', '.', '-', '0', '.gz', '.GZ', '*'), { maxLength: 9 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(pattern, name, (given, file) => {
      expect(dayNames(given, DAY).nameOf(file)?.hour).toBe(expressionOf(given).exec(file)?.[1]?.padStart(2, '0'));
    }),
    { numRuns: 5000 },
  );
});

/** Means the same as the code, in the fewest words, but takes endless time for long names. */
function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace('%Y%m%d', '20261121')
    .split(/(%H\*?|\*)/)
    .map((part) => {
      if (part === '*') return '[^/]*';
      if (part.startsWith('%H'))
        return `([01]\\d|2[0-3]|(?<!\\d)\\d(?![A-Za-z0-9]))${part.endsWith('*') ? '(?:[^A-Za-z0-9][^/]*)?' : ''}`;
      return part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^(?!\\.)${source}${/\.gz$/i.test(pattern) ? '' : '(?:\\.[gG][zZ])?'}$`);
}

it.each([
  ['names.%Y%m%d.%H*.json', 'names.20261121.05.json.bz2', 'a .bz2 file'],
  ['names.%Y%m%d.%H*', 'names.20261121.05.parquet', 'a .parquet file'],
  ['names.%Y%m%d.%H*.json', 'names.20261121.05.json.zst', undefined],
])('%s: says that %s is not read', (pattern, name, why) => {
  const { unread } = dayNames(pattern, DAY).nameOf(name) ?? { unread: 'no name of the pattern' };
  if (why === undefined) expect(unread).toBeUndefined();
  else expect(unread).toContain(why);
});

it('knows what of a pattern is the same for all files of a day', () => {
  expect(dayNames('logs/dt=%Y-%m-%d/hour=%H/*.json', DAY).prefix).toBe('logs/dt=2026-11-21/hour=');
  expect(dayNames('*/%Y%m%d.json', DAY).prefix).toBe('');
});
