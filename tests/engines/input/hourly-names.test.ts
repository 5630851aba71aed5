import * as fc from 'fast-check';
import { hourlyNames } from '../../../engines/input/hourly-names';
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
  // The first * takes as much as it can.
  ['%Y%m%d*%H*', '20261121-07-08', '08'],
])('%s: %s is of the hour %s', (pattern, name, hour) => {
  expect(hourlyNames(pattern, DAY)(name)).toBe(hour);
});

it('reads a long name that fits no pattern of many stars', () => {
  const hourOf = hourlyNames('*a*a*a*a*%Y%m%d%H*a*a*a*a*.json', DAY);
  expect(hourOf(`${'a'.repeat(120)}2026112107${'a'.repeat(120)}`)).toBeUndefined();
  expect(hourOf(`${'a'.repeat(120)}2026112107${'.a'.repeat(60)}.json`)).toBe('07');
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
      expect(hourlyNames(given, DAY)(file)).toBe(expressionOf(given).exec(file)?.[1]);
    }),
    { numRuns: 5000 },
  );
});

/** Says the same as the code in the fewest words, and takes time without end for long names. */
function expressionOf(pattern: string): RegExp {
  const source = pattern
    .replace('%Y%m%d', '20261121')
    .split(/(%H\*?|\*)/)
    .map((part) => {
      if (part === '*') return '[^/]*';
      if (part.startsWith('%H')) return `([01]\\d|2[0-3])${part.endsWith('*') ? '(?:[^A-Za-z0-9][^/]*)?' : ''}`;
      return part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
    })
    .join('');
  return new RegExp(`^(?!\\.)${source}${/\.gz$/i.test(pattern) ? '' : '(?:\\.[gG][zZ])?'}$`);
}
