import { randomUUID } from 'node:crypto';
import { appendFile, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { LivePipeline } from '../../../activities/speed/live-pipeline';
import { locationOf, openStorage } from '../../../clients/storage';
import { parseBusinessDate } from '../../../domain/business-date';
import type { DayManifest } from '../../../domain/day-manifest';
import { runDayBuild } from '../../../engines/build-day';
import { loadPipeline } from '../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { readPipeline } from '../../../engines/pipeline/read-pipeline';
import { checkTables } from '../../../engines/tables/check-tables';
import { surveyDay } from '../../../engines/versions/late-data-scan';
import { unchangedDay } from '../../../engines/versions/previous-build';
import { DAY, event, lines, pipelineLike, rowsOf, scratchFolder, writeFiles } from '../../engines/scratch';
import { until } from '../support/until';
import { faultyProxy, type FaultyProxy } from '../support/faulty-proxy';
import { KINDS, usePlace } from './places';

const named = (name: string): string => `{"uid":1,"name":"${name}"}\n`;
const BY_DATE = 'names/%Y-%m-%d.ndjson';

describe.each(Object.entries(KINDS))('tables on %s', (_, { server: name, location: newLocation, isRead }) => {
  const root = scratchFolder();
  const server = usePlace(name);
  let proxy: FaultyProxy;
  let location: string;
  let data: string;
  let folder: string;
  let loaded: LoadedPipeline;
  beforeEach(async () => {
    proxy = await faultyProxy(server.url);
    process.env['AWS_ENDPOINT_URL_S3'] = proxy.url;
    location = newLocation(proxy.url);
    data = join(root, randomUUID());
    await writeFiles(join(data, 'input'), { 'names.20261121.07.json': lines(event(1), event(11)) });
    await declare(BY_DATE);
    await write({ 'names/2026-11-01.ndjson': named('first'), 'names/2026-11-22.ndjson': named('later') });
    loaded = await loadPipeline(folder);
  });
  afterEach(() => proxy.close());

  async function declare(file: string): Promise<void> {
    folder = await pipelineLike('events', root, {
      'pipeline.yaml': (text) =>
        text.replace('    file: names.ndjson', `    file: '${file}'\n    location: ${location}`),
    });
  }
  async function write(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
    const storage = await openStorage(locationOf(location));
    for (const [key, content] of Object.entries(files)) await storage.write(key, Buffer.from(content));
    storage.close();
  }
  const output = (): string => join(data, 'output');
  const target = () => ({ date: DAY, input: join(data, 'input'), output: output(), engine: 'duckdb' }) as const;
  const build = (): Promise<DayManifest> => runDayBuild(loaded, target());
  const names = async (): Promise<unknown[]> =>
    (await rowsOf(output(), DAY)).map((row) => (JSON.parse(row) as { user_name: unknown }).user_name);
  const reads = async <T>(work: Promise<T>): Promise<{ given: T; read: number }> => {
    const first = proxy.seen.length;
    const given = await work;
    return { given, read: proxy.seen.slice(first).filter(isRead).length };
  };

  it('are joined as they hold on the day, are named in the manifest, and leave nothing behind', async () => {
    const { tableFiles } = await build();
    expect(await names()).toEqual(['first', 'first']);
    expect(tableFiles).toEqual({ names: `${location}/names/2026-11-01.ndjson` });
    const versions = join(output(), '.versions', DAY);
    expect((await readdir(versions)).filter((left) => left.startsWith('.building'))).toEqual([]);
  });

  it('are not read of a day that has not changed, and a later version changes nothing', async () => {
    const first = await build();
    await write({ 'names/2026-11-23.ndjson': named('later still') });
    expect(await reads(build())).toEqual({ given: first, read: 0 });
    const read = readPipeline(folder, DAY);
    expect(await reads(unchangedDay(await read, target()))).toEqual({ given: first, read: 0 });
    expect(await reads(surveyDay(loaded, data, DAY))).toMatchObject({ given: { otherTransform: false }, read: 0 });
  });

  it.each(['names/2026-11-01.ndjson', 'names/2026-11-20.ndjson'])(
    'build a day anew where %s came late',
    async (file) => {
      await build();
      await write({ [file]: named('late') });
      expect(await reads(surveyDay(loaded, data, DAY))).toMatchObject({ given: { otherTransform: true }, read: 0 });
      expect((await reads(build())).read).toBe(1);
      expect(await names()).toEqual(['late', 'late']);
    },
  );

  it('are listed again and read if they are replaced between the two', async () => {
    proxy.fail((seen) => /list-type|op=LISTSTATUS/i.test(seen), {
      meanwhile: () => write({ 'names/2026-11-01.ndjson': named('replaced') }),
    });
    await build();
    expect(await names()).toEqual(['replaced', 'replaced']);
  });

  it('may be one file, compressed', async () => {
    await declare('names.ndjson.gz');
    await write({ 'names.ndjson.gz': gzipSync(named('packed')) });
    loaded = await loadPipeline(folder);
    await build();
    expect(await names()).toEqual(['packed', 'packed']);
  });

  it('are refused where no version holds on the day, or their content is wrong; nothing is published', async () => {
    const early = parseBusinessDate('2026-10-31');
    await expect(readPipeline(folder, early)).rejects.toMatchObject({
      code: 'BAD_TABLE',
      what: expect.stringContaining(`the oldest is names/2026-11-01.ndjson`) as string,
      remedy: expect.stringMatching(`as ${location}/names/2026-10-31.ndjson; .*cp '${location}/names`) as string,
    });
    await write({ 'names/2026-11-01.ndjson': '{"uid":' });
    await expect(build()).rejects.toMatchObject({
      code: 'BAD_TABLE',
      what: expect.stringContaining(`${location}/names/2026-11-01.ndjson: line 1`) as string,
    });
    await expect(readdir(join(output(), DAY))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('are checked: whether they can be listed and read', async () => {
    const [ok] = await checkTables(loaded);
    expect(ok).toMatchObject({ of: 'table', table: 'names', can: ['list', 'read'], file: 'names/2026-11-22.ndjson' });
    proxy.fail(isRead, { answer: 403, body: '<Error><Code>AccessDenied</Code></Error>' }, 100);
    const [refused] = await checkTables(loaded);
    expect(refused).toMatchObject({ can: ['list'], failure: { code: 'STORAGE_REFUSED' } });
    await declare('other.ndjson');
    const [missing] = await checkTables(await loadPipeline(folder));
    expect(missing).toMatchObject({ can: [], failure: { code: 'BAD_TABLE' } });
  });

  describe('for realtime', () => {
    const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };
    const open = (now = '2026-11-22T03:00:00Z'): Promise<LivePipeline> =>
      LivePipeline.open({ pipelines: root, data, logger, now: () => new Date(now) }, 'events');
    const nameIn = async (live: LivePipeline): Promise<unknown> => {
      const { messages } = await live.run([Buffer.from(event(1))]);
      return (JSON.parse(messages[0]?.value ?? '') as { user_name: unknown }).user_name;
    };
    const use = async <T>(work: (live: LivePipeline) => Promise<T>, now?: string): Promise<T> => {
      const live = await open(now);
      try {
        return await work(live);
      } finally {
        await live.close();
      }
    };

    it('are read once, and a newer version at the next start', async () => {
      expect(await use(nameIn, '2026-11-21T03:00:00Z')).toBe('first');
      expect(await reads(use(nameIn))).toMatchObject({ given: 'later', read: 1 });
      expect(await reads(use(nameIn))).toEqual({ given: 'later', read: 0 });
      await write({ 'names/2026-11-22.ndjson': named('edited') });
      expect(await use(nameIn)).toBe('edited');
    });

    it('stay as they were while their storage does not answer or holds a wrong one, and the reason is said', async () => {
      const version = await use((live) => Promise.resolve(live.version));
      await write({ 'names/2026-11-22.ndjson': '{"uid":' });
      await use(async (live) => {
        expect(live.kept).toMatch(/^BAD_TABLE: .*2026-11-22\.ndjson: line 1/);
        expect(await nameIn(live)).toBe('later');
      });
      proxy.fail(() => true, { answer: 403, body: '<Error><Code>AccessDenied</Code></Error>' }, 1_000);
      await use(async (live) => {
        expect(live.kept).toMatch(/^STORAGE_REFUSED/);
        expect(live.version).toBe(version);
        expect(await nameIn(live)).toBe('later');
      });
    });

    it('are fetched again where the copy was damaged', async () => {
      await use(nameIn);
      const realtime = join(data, 'events', 'realtime');
      const current = await readFile(join(realtime, 'current'), 'utf8');
      await appendFile(join(realtime, current, 'events', '.tables', 'names'), named('twice'));
      expect(await reads(use(nameIn))).toMatchObject({ given: 'later', read: 1 });
    });

    it('follow an edit of the folder at once', async () => {
      await use(async (live) => {
        const { version } = live;
        await write({ 'names/2026-11-22.ndjson': named('edited') });
        await appendFile(join(folder, 'transform.sql'), '\n-- edited\n');
        await until('the edit', () => live.version !== version);
        expect(await nameIn(live)).toBe('edited');
      });
    });
  });
});

describe('a table of more than 4 GiB', () => {
  const root = scratchFolder();
  const server = usePlace('versitygw');

  it('is refused before it is read', async () => {
    const folder = await pipelineLike('events', root, {
      'pipeline.yaml': (text) => text.replace('file: names.ndjson', 'file: names.ndjson\n    location: s3://large/a'),
    });
    const proxy = await faultyProxy(server.url);
    process.env['AWS_ENDPOINT_URL_S3'] = proxy.url;
    const object = `<Key>a/names.ndjson</Key><Size>${4 * 1024 ** 3 + 1}</Size><ETag>"large"</ETag>`;
    const body = `<ListBucketResult><KeyCount>1</KeyCount><IsTruncated>false</IsTruncated><Contents>${object}<LastModified>2026-11-21T00:00:00Z</LastModified></Contents></ListBucketResult>`;
    proxy.fail((seen) => seen.includes('list-type'), { answer: 200, body });
    await expect(readPipeline(folder)).rejects.toMatchObject({
      code: 'BAD_TABLE',
      what: 'the table names has 4294967297 bytes in s3://large/a/names.ndjson, and at most 4294967296 are copied',
    });
    expect(proxy.seen).toHaveLength(1);
    await proxy.close();
  });
});
