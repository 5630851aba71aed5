import { dayNames } from '../../../../engines/input/file-names';
import { parseBusinessDate } from '../../../../domain/business-date';
import { FeedFileNames } from '../../../../scripts/feed/files/file-names';
import { packed } from '../../../../scripts/feed/files/file-sink';
import { pipelineWith } from '../pipeline-with';

const SEVEN = Date.parse('2026-11-21T07:05:09+09:00');
const INDEX = 1_764_224_400_123;

describe('FeedFileNames', () => {
  it.each([
    ['names.%Y%m%d.%H*.json', 'names.20261121.07.json', 'names.20261121.07_1764224400123.json'],
    ['%Y/%m/%d/%H%M*.log', '2026/11/21/0705.log', '2026/11/21/0705_1764224400123.log'],
    [
      'dt=%Y-%m-%d/hour=%-H/*.json.gz',
      'dt=2026-11-21/hour=7/part.json.gz',
      'dt=2026-11-21/hour=7/part_1764224400123.json.gz',
    ],
    ['*/%Y-%-m-%-d/*', 'part/2026-11-21/part', 'part/2026-11-21/part_1764224400123'],
    ['host=*/%Y%m%d_%H_*.json', 'host=/20261121_07_.json', 'host=/20261121_07__1764224400123.json'],
  ])('fills in %s, and the batch reads the hour in it', async (pattern, file, indexed) => {
    const names = new FeedFileNames(await pipelineWith({ pattern }));
    expect([names.of(SEVEN), names.indexed(SEVEN, INDEX)]).toEqual([file, indexed]);
    for (const name of [file, indexed]) {
      expect(dayNames(pattern, parseBusinessDate('2026-11-21')).hourOf(name)).toBe(/H/.test(pattern) ? '07' : '00');
    }
  });

  it("names files in files.timeZone, and else in the pipeline's zone", async () => {
    const pattern = '%Y%m%d.%H*';
    expect(new FeedFileNames(await pipelineWith({ pattern })).of(SEVEN)).toBe('20261121.07');
    expect(new FeedFileNames(await pipelineWith({ pattern, timeZone: 'UTC' })).of(SEVEN)).toBe('20261120.22');
  });

  it('refuses a name in which the batch would find another hour, or none', async () => {
    const ambiguous = new FeedFileNames(await pipelineWith({ pattern: '%Y%m%d/*%H*.json' }));
    expect(() => ambiguous.indexed(SEVEN, INDEX)).toThrow(/WRONG_USAGE.*would not read it as the hour 2026-11-21 07/);
    const hidden = new FeedFileNames(await pipelineWith({ pattern: '.in/%Y%m%d.%H' }));
    expect(() => hidden.of(SEVEN)).toThrow(/WRONG_USAGE/);
  });
});

it('refuses to write files whose name says zstd', () => {
  expect(() => packed('names.20261121.07.json.zst', [])).toThrow(/WRONG_USAGE.*\.zst/);
});
