import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBusinessDate } from '../../../domain/business-date';
import { type DayFeed, feedDay } from '../../../scripts/feed/feed-day';
import { HourlyFileNames } from '../../../scripts/feed/hourly-files';
import type { FeedSinks } from '../../../scripts/feed/sinks';
import { fileLinesOf } from '../../../scripts/feed/tally';

const FEED: DayFeed = {
  date: parseBusinessDate('2026-11-21'),
  events: 12_000,
  rhythm: 'even',
  existing: 'refuse',
  seed: 1,
  timeZone: 'Asia/Seoul',
  duplicates: 0.01,
  late: 0.005,
  bad: 0.001,
  maximumDelay: 3_600_000,
};
const names = new HourlyFileNames('names.%Y%m%d.%H*.json');
const nothing = (): void => undefined;

describe('feedDay', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-feed-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const run = (feed: Partial<DayFeed> = {}, signal = new AbortController().signal): Promise<FeedSinks> =>
    feedDay({ ...FEED, ...feed }, undefined, { folder, names }, nothing, signal);
  const linesOf = async (name: string): Promise<string[]> =>
    (await readFile(join(folder, name), 'utf8')).split('\n').filter((line) => line !== '');

  it('writes one file an hour with as many lines as the tally says, and leaves nothing else behind', async () => {
    const { tally } = await run();

    expect(await readdir(folder)).toEqual([...tally.hours.keys()].sort().map((hour) => `names.${hour}.json`));
    for (const [hour, counts] of tally.hours) expect(await linesOf(names.of(hour))).toHaveLength(fileLinesOf(counts));
  });

  it('refuses a day that has files already, and touches none of them', async () => {
    await writeFile(join(folder, 'names.20261121.07_3.json.gz'), 'there');

    await expect(run()).rejects.toThrow(/OUTPUT_FAILED.*--replace/);
    expect(await readdir(folder)).toEqual(['names.20261121.07_3.json.gz']);
  });

  it('appends to present files, or replaces them, as asked', async () => {
    const { tally } = await run();
    const lines = fileLinesOf(tally.total);
    const total = async (): Promise<number> => {
      const all = await Promise.all((await readdir(folder)).map(linesOf));
      return all.flat().length;
    };

    await run({ existing: 'append' });
    expect(await total()).toBe(2 * lines);
    await run({ existing: 'replace' });
    expect(await total()).toBe(lines);
  });

  it('leaves nothing behind where it is stopped', async () => {
    await expect(run({}, AbortSignal.abort())).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(await readdir(folder)).toEqual([]);
  });
});
