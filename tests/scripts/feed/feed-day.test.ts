import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { localStorage } from '../../../clients/storage/local/local-storage';
import { parseBusinessDate } from '../../../domain/business-date';
import { type DayFeed, feedDay } from '../../../scripts/feed/feed-day';
import type { FileSink } from '../../../scripts/feed/files/file-sink';
import { folderSink } from '../../../scripts/feed/files/folder-sink';
import { objectSink } from '../../../scripts/feed/files/object-sink';
import type { FeedSinks } from '../../../scripts/feed/sinks';
import { fileLinesOf } from '../../../scripts/feed/tally';
import type { Pipeline } from '../../../domain/pipeline';
import { pipelineWith } from './pipeline-with';

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
const nothing = (): void => undefined;

const SINKS: Readonly<Record<string, (folder: string, pipeline: Pipeline) => FileSink>> = {
  'files in a folder': folderSink,
  objects: (folder, pipeline) =>
    objectSink(localStorage({ kind: 'local', folder }), pipeline, { scratch: `${folder}.scratch` }),
};

describe.each(Object.entries(SINKS))('feedDay to %s', (_, sinkIn) => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-feed-'));
  });
  afterEach(async () => {
    for (const path of [folder, `${folder}.scratch`]) await rm(path, { recursive: true, force: true });
  });
  let pipeline: Pipeline;
  beforeAll(async () => {
    pipeline = await pipelineWith();
  });

  const run = (feed: Partial<DayFeed> = {}, signal = new AbortController().signal): Promise<FeedSinks> =>
    feedDay({ ...FEED, ...feed }, undefined, sinkIn(folder, pipeline), nothing, signal);
  const filesIn = async (): Promise<string[]> => {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort();
  };
  const linesOf = async (name: string): Promise<string[]> =>
    (await readFile(join(folder, name), 'utf8')).split('\n').filter((line) => line !== '');

  it('writes one file an hour with as many lines as the tally says, and leaves nothing else behind', async () => {
    const { tally } = await run();

    expect(await readdir(folder)).toEqual([...tally.hours.keys()].sort().map((hour) => `names.${hour}.json`));
    for (const [hour, counts] of tally.hours)
      expect(await linesOf(`names.${hour}.json`)).toHaveLength(fileLinesOf(counts));
    await expect(readdir(`${folder}.scratch`).catch(() => [])).resolves.toEqual([]);
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
    await expect(run({}, AbortSignal.abort())).rejects.toMatchObject({
      code: 'CANCELLED',
      remedy: 'Feed the day again. No file was written.',
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces and appends as the pattern says, with folders, hours without zeros, gzip and names in another zone', async () => {
    const before = pipeline;
    pipeline = {
      ...before,
      files: { ...before.files, pattern: 'dt=%Y-%m-%d/hour=%-H/*.json.gz', timeZone: 'UTC' },
    };
    try {
      const { tally } = await run();
      // The day of Seoul begins at 15:00 of the day before in UTC.
      const hours = Array.from({ length: 24 }, (_hour, index) => (index + 15) % 24);
      const expected = hours.map((hour, index) => `dt=2026-11-2${index < 9 ? 0 : 1}/hour=${hour}/part.json.gz`);
      expect(await filesIn()).toEqual(expected.sort());
      const total = async (): Promise<number> => {
        const texts = await Promise.all(
          (await filesIn()).map(async (file) => gunzipSync(await readFile(join(folder, file))).toString()),
        );
        return texts.join('').split('\n').length - 1;
      };
      const lines = fileLinesOf(tally.total);
      expect(await total()).toBe(lines);
      await expect(run()).rejects.toThrow(/OUTPUT_FAILED.*24 files of 2026-11-21/);

      // Of hours of other days nothing is touched.
      await writeFile(join(folder, 'dt=2026-11-20/hour=15/other.json.gz'), gzipSync('{}\n'));
      await mkdir(join(folder, 'dt=2026-11-21/hour=15'));
      await writeFile(join(folder, 'dt=2026-11-21/hour=15/neighbour.json.gz'), gzipSync('{}\n'));
      await run({ existing: 'append' });
      expect(await total()).toBe(2 * lines + 2);
      await run({ existing: 'replace' });
      expect(await total()).toBe(lines + 1);
    } finally {
      pipeline = before;
    }
  });
});
