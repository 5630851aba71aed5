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
  ['names.%Y%m%d.%H*.json.gz', 'names.20261121.05.json.GZ', '05'],
  ['names.%Y%m%d.%H*.json.gz', 'names.20261121.05.JSON.gz', undefined],
  ['%Y%m%d-%H.ZST', '20261121-5.zst', '05'],
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
  ['x.%Y%m%d.%H*.json', 'x.20261121.1.json', undefined],
  ['x.%Y%m%d*%H*.json', 'x.20261121.05_7.json', '05'],
  ['x-%Y-%-m-%-d*-%H.json', 'x-2026-11-210-05.json', undefined],
  ['%Y%m%d%H.json', '202611215.json', undefined],
  ['%Y%m%d*.json', '20261121.json', '00'],
  ['%Y%m%d*.json', '20261121-b.json', '00'],
  ['%Y%m%d*.json', '2026112105.json', undefined],
  ['%-d.%-m.%Y.json', '21.11.2026.json', '00'],
  // The first * takes as much as it can.
  ['%Y%m%d*%H*', '20261121-07-08', '08'],
])('%s: %s is of the hour %s', (pattern, name, hour) => {
  expect(dayNames(pattern, DAY).hourOf(name)).toBe(hour);
});

it('reads a long name that fits no pattern of many stars', () => {
  const { hourOf } = dayNames('*a*a*a*a*%Y%m%d%H*a*a*a*a*.json', DAY);
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
      expect(dayNames(given, DAY).hourOf(file)).toBe(
        (expressionOf(given).exec(file) ?? expressionOf(given, true).exec(file))?.[1]?.padStart(2, '0'),
      );
    }),
    { numRuns: 5000 },
  );
});

/** Says the same as the code in the fewest words, and takes time without end for long names. */
function expressionOf(pattern: string, loose = false): RegExp {
  const source = pattern
    .replace('%Y%m%d', '20261121')
    .split(/(%H\*?|\*)/)
    .map((part, index, parts) => {
      if (part === '*') return '[^/]*';
      if (!part.startsWith('%H')) return part.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
      const isAlone = part === '%H' && /\D$/.test(parts[index - 1] ?? '') && /^\D/.test(parts[index + 1] ?? '');
      const hour = loose && isAlone ? '(1\\d|2[0-3]|\\d)' : '([01]\\d|2[0-3])';
      return `${hour}${part.endsWith('*') ? '(?:[^A-Za-z0-9][^/]*)?' : ''}`;
    })
    .join('');
  const isPacked = /\.gz$/i.test(pattern);
  return new RegExp(`^(?!\\.)${isPacked ? source.slice(0, -2) : source}${isPacked ? '[gG][zZ]' : '(?:\\.[gG][zZ])?'}$`);
}

it('knows what of a pattern is the same for all files of a day', () => {
  expect(dayNames('logs/dt=%Y-%m-%d/hour=%H/*.json', DAY).prefix).toBe('logs/dt=2026-11-21/hour=');
  expect(dayNames('*/%Y%m%d.json', DAY).prefix).toBe('');
  expect(dayNames('%Y%m%d.json.gz', DAY).prefix).toBe('20261121.json');
});
