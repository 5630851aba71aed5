import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { feedLive } from '../../../scripts/feed/feed-live';
import type { FileSink } from '../../../scripts/feed/files/file-sink';
import { folderSink } from '../../../scripts/feed/files/folder-sink';
import { objectSink } from '../../../scripts/feed/files/object-sink';
import { fileLinesOf } from '../../../scripts/feed/tally';
import { localStorage } from '../../../clients/storage/local/local-storage';
import type { Pipeline } from '../../../domain/pipeline';
import { pipelineWith } from './pipeline-with';

const FEED = { seed: 1, timeZone: 'Asia/Seoul', duplicates: 0.1, late: 0.1, bad: 0.01, maximumDelay: 30_000 };

describe('feedLive', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-feed-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await pipelineWith();
  });
  const files = (): FileSink => folderSink(folder, pipeline);
  const objects = (settings: Partial<Pipeline['files']> = {}, interval = 60_000): FileSink =>
    objectSink(
      localStorage({ kind: 'local', folder }),
      { ...pipeline, files: { ...pipeline.files, ...settings } },
      { scratch: join(folder, '.scratch'), interval },
    );

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
      files(),
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
      files(),
      (sinks) => {
        if (sinks.tally.total.events >= 50) stop.abort();
      },
      stop.signal,
    );

    expect(tally.total.events).toBeGreaterThanOrEqual(50);
    expect(tally.total.events).toBeLessThan(1_000);
    expect(await lines()).toBe(fileLinesOf(tally.total));
  });

  it('writes objects that it never changes again, a new one at each interval', async () => {
    const seen = new Map<string, string>();
    const sink = objects({}, 200);
    const { tally, files: written } = await feedLive(
      { ...FEED, rate: 1_000, seconds: 2 },
      undefined,
      sink,
      () => {
        for (const name of readdirSync(folder)) {
          const content = readFileSync(join(folder, name), 'utf8');
          expect(seen.get(name) ?? content).toBe(content);
          seen.set(name, content);
        }
      },
      new AbortController().signal,
    );
    const names = await readdir(folder);
    expect(seen.size).toBeGreaterThan(1);
    expect(written).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^names\.\d{8}\.\d\d_\d{13}\.json$/);
    expect(await lines()).toBe(fileLinesOf(tally.total));
  });

  it('writes what an object sink still holds at the end', async () => {
    const { tally } = await feedLive(
      { ...FEED, rate: 1_000, seconds: 0.2 },
      undefined,
      objects(),
      () => {
        expect(readdirSync(folder)).toEqual([]);
      },
      new AbortController().signal,
    );
    expect(await lines()).toBe(fileLinesOf(tally.total));
    expect(tally.total.events).toBe(200);
  });

  it('refuses objects whose names have no place for an index, before anything is written', async () => {
    const feed = { ...FEED, rate: 10, seconds: 1 };
    const run = feedLive(
      feed,
      undefined,
      objects({ pattern: 'names.%Y%m%d.%H.json' }),
      () => undefined,
      new AbortController().signal,
    );
    await expect(run).rejects.toMatchObject({
      code: 'WRONG_USAGE',
      remedy: expect.stringContaining('Write a *') as string,
    });
    expect(await readdir(folder)).toEqual([]);
  });
});
