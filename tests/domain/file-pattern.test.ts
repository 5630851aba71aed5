import { faultOfPattern } from '../../domain/file-pattern';

it.each([
  ['names.%Y%m%d.%H*.json', undefined],
  ['dt=%Y-%m-%d/hour=%H/*.json', undefined],
  ['%Y/%m/%d/%H/x-%Y-%m-%d-%H-%M-*', undefined],
  ['%Y-%-m-%-d-%-H.json', undefined],
  ['%Y%m%d.json', undefined],
  ['%Y%m.%H.json', 'must tell its day'],
  ['%Y%m%d.%M.json', 'no %H'],
  ['%Y%m%d.%S', '%S is none of'],
  ['%Y%m%d.100%', 'begins no placeholder'],
  ['/logs/%Y%m%d', 'begins or ends with /'],
  ['logs//%Y%m%d', 'begins or ends with /'],
  ['../%Y%m%d', 'leaves its folder'],
  ['logs\\%Y%m%d', 'backslash'],
  ['%Y%-m%-d.json', 'without leading zeros'],
  ['%Y-%m-%d-1%-H.json', 'without leading zeros'],
  ['%Y-%m-%d*%-H.json', 'without leading zeros'],
])('%s: %s', (pattern, fault) => {
  if (fault === undefined) expect(faultOfPattern(pattern)).toBeUndefined();
  else expect(faultOfPattern(pattern)).toContain(fault);
});
