import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { feedLive } from '../../../scripts/feed/feed-live';
import { HourlyFileNames } from '../../../scripts/feed/hourly-files';
import { fileLinesOf } from '../../../scripts/feed/tally';

const names = new HourlyFileNames('names.%Y%m%d.%H*.json');
const FEED = { seed: 1, timeZone: 'Asia/Seoul', duplicates: 0.1, late: 0.1, bad: 0.01, maximumDelay: 30_000 };

describe('feedLive', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-feed-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const lines = async (): Promise<number> => {
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
    return texts.join('').split('\n').length - 1;
  };

  it('writes at the rate for the seconds, late events included', async () => {
    const start = Date.now();
    const never = new AbortController().signal;
    const { tally } = await feedLive(
      { ...FEED, rate: 2_000, seconds: 0.5 },
      undefined,
      { folder, names },
      () => undefined,
      never,
    );

    expect(tally.total.events).toBe(1_000);
    expect(await lines()).toBe(fileLinesOf(tally.total));
    expect(Date.now() - start).toBeGreaterThanOrEqual(450);
  });

  it('ends on the signal with what was due by then', async () => {
    const stop = new AbortController();
    const { tally } = await feedLive(
      { ...FEED, rate: 1_000, seconds: Infinity },
      undefined,
      { folder, names },
      (sinks) => {
        if (sinks.tally.total.events >= 50) stop.abort();
      },
      stop.signal,
    );

    expect(tally.total.events).toBeGreaterThanOrEqual(50);
    expect(tally.total.events).toBeLessThan(1_000);
    expect(await lines()).toBe(fileLinesOf(tally.total));
  });
});
