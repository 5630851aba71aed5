import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { locationOf, openStorage } from '../../../clients/storage';
import type { DayManifest } from '../../../domain/day-manifest';
import { pipelineSchema } from '../../../domain/pipeline';
import { runDayBuild, type DayBuildOptions } from '../../../engines/build-day';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import type { BuildProgress } from '../../../engines/model/progress';
import { MANIFEST_FILE } from '../../../engines/versions/day-output';
import { surveyDay } from '../../../engines/versions/late-data-scan';
import { unchangedDay } from '../../../engines/versions/previous-build';
import { contentsOf, DAY, event, lines, loadExample, scratchFolder, writeFiles } from '../../engines/scratch';
import { expectWholeDayThrough } from '../../engines/kills';
import { faultyProxy, type FaultyProxy } from '../support/faulty-proxy';
import { KILLS, KINDS, usePlace } from './places';
import { webHdfs } from './web-hdfs';

/** Too large to be read in one go. */
const LARGE_GZIP = gzipSync(lines(...many('11', 80_000)));

/** The files of a day: folders by hour, one compressed, one that is not read, and neighbouring hours. */
const FILES: Readonly<Record<string, string | Buffer>> = {
  'dt=2026-11-20/hour=23/a.json': lines(event(90, '2026-11-20 23:59:59'), event(91, '2026-11-21 00:00:00')),
  'dt=2026-11-21/hour=07/a.json': lines(event(1), event(2), event(1), 'no record'),
  'dt=2026-11-21/hour=07/b.json.gz': gzipSync(lines(event(3), event(4, '2026-11-21 09:30:00'))),
  'dt=2026-11-21/hour=09/a.json': lines(...many('09', 20_000)),
  'dt=2026-11-21/hour=10/a.json.bz2': 'BZh9',
  'dt=2026-11-21/hour=11/a.json.gz': LARGE_GZIP,
  // Its end is missing.
  'dt=2026-11-21/hour=12/a.json.gz': LARGE_GZIP.subarray(0, -1_000),
  'dt=2026-11-22/hour=00/a.json': lines(event(95, '2026-11-22 00:00:00')),
};

function many(hour: string, count: number): string[] {
  return Array.from({ length: count }, (_, id) => event(id, `2026-11-21 ${hour}:00:00`));
}

describe.each(Object.entries(KINDS))('input on %s', (_, { server: name, location: newLocation, ...requests }) => {
  const { isRead, isListing } = requests;
  const root = scratchFolder();
  const server = usePlace(name);
  let proxy: FaultyProxy;
  let loaded: LoadedPipeline;
  let location: string;
  let data: string;
  afterEach(() => proxy.close());
  beforeEach(async () => {
    proxy = await faultyProxy(server.url);
    process.env['AWS_ENDPOINT_URL_S3'] = proxy.url;
    location = newLocation(proxy.url);
    data = join(root, randomUUID());
    const example = await loadExample('events');
    const files = { location, pattern: 'dt=%Y-%m-%d/hour=%H/*.json' };
    loaded = { ...example, pipeline: pipelineSchema.parse({ ...example.pipeline, files }) };
    await write(FILES);
  });

  async function write(files: Readonly<Record<string, string | Buffer>>): Promise<void> {
    const storage = await openStorage(locationOf(location));
    for (const [key, content] of Object.entries(files)) await storage.write(key, Buffer.from(content));
    storage.close();
  }
  const output = () => join(data, 'output');
  const build = (changes: Partial<DayBuildOptions> = {}): Promise<DayManifest> =>
    runDayBuild(loaded, { date: DAY, input: location, output: output(), engine: 'duckdb', ...changes });
  /** What the work gives, and how many objects it reads. */
  const reads = async <T>(work: Promise<T>): Promise<{ given: T; read: number }> => {
    const first = proxy.seen.length;
    const given = await work;
    return { given, read: proxy.seen.slice(first).filter(isRead).length };
  };
  const leftovers = async (): Promise<string[]> =>
    (await readdir(join(output(), '.versions', DAY))).filter((left) => left.startsWith('.building'));

  it('gives the rows, counts and quarantine that the same files give in a folder', async () => {
    const manifest = await build();
    const [folder, local] = [join(data, 'input'), join(data, 'local')];
    await writeFiles(folder, FILES);
    const expected = await build({ input: folder, output: local });
    expect(manifest).toEqual(expected);
    expect(await contentsOf(output(), DAY)).toEqual(await contentsOf(local, DAY));
    expect(manifest.counts.read).toBeGreaterThan(100_000);
    expect(manifest.truncatedFiles).toContain('dt=2026-11-21/hour=12/a.json.gz');
    expect(manifest.unreadFiles).toHaveLength(1);
    expect(await leftovers()).toEqual([]);
  });

  it('reads nothing of an unchanged day, and only what changed of another', async () => {
    const first = await build();
    const day = { date: DAY, input: location, output: output(), engine: 'duckdb' } as const;
    expect(await reads(build())).toEqual({ given: first, read: 0 });
    expect(await reads(unchangedDay(loaded, day))).toEqual({ given: first, read: 0 });
    expect(await reads(survey())).toMatchObject({ given: { inputs: 'unchanged' }, read: 0 });

    await write({ 'dt=2026-11-21/hour=09/late.json': lines(event(77_777, '2026-11-21 09:59:59')) });
    expect(await reads(survey())).toMatchObject({ given: { inputs: 'changed', lateRows: 1 }, read: 1 });
    const next = await build();
    expect(next.counts.read).toBe(first.counts.read + 1);
    expect((await contentsOf(output(), DAY))['09.ndjson']).toContain('"user_id":77777,');
  });
  const survey = () => surveyDay(loaded, data, DAY);

  it('fetches only the beginning of a large file that is not read, and nothing of it as long as it is the same', async () => {
    const key = 'dt=2026-11-21/hour=10/b.json.bz2';
    const content = Buffer.concat([Buffer.from('BZh91AY&SY'), Buffer.alloc(8 * 1024 * 1024, '1')]);
    const first = await build();
    await write({ [key]: content });
    const whatIsFetched = async <T>(work: (onProgress: (progress: BuildProgress) => void) => Promise<T>) => {
      let fetched = 0;
      const given = await work(({ fetchedBytes }) => (fetched = fetchedBytes));
      return { given, fetched };
    };
    expect(await reads(survey())).toMatchObject({ given: { inputs: 'changed', lateRows: 0 }, read: 1 });
    const { given, fetched } = await whatIsFetched((onProgress) => build({ onProgress }));
    expect(given.unreadFiles?.map(({ file }) => file)).toContain(key);
    expect(given.counts.read).toBe(first.counts.read + 1);
    expect(fetched).toBeLessThan(1024);
    expect(await reads(build())).toEqual({ given, read: 0 });
    expect(await reads(survey())).toMatchObject({ given: { inputs: 'unchanged' }, read: 0 });

    await write({ [key]: Buffer.concat([content.subarray(0, -1), Buffer.from('2')]) });
    expect(await reads(survey())).toMatchObject({ given: { inputs: 'changed', lateRows: 0 }, read: 1 });
    const again = await whatIsFetched((onProgress) => build({ onProgress }));
    expect(again.given.counts).toEqual(given.counts);
    expect(again.fetched).toBeLessThan(1024);
  });

  it('does not read a file again that an earlier release read to hash it', async () => {
    const key = 'dt=2026-11-21/hour=10/b.json.bz2';
    const content = Buffer.concat([Buffer.from('BZh91AY&SY'), Buffer.alloc(1024 * 1024, '1')]);
    await write({ [key]: content });
    await build();
    const path = join(output(), DAY, MANIFEST_FILE);
    const manifest = await readFile(path, 'utf8');
    const sha256 = createHash('sha256').update(content).digest('hex');
    const earlier = manifest.replace(/("file": ?"[^"]*b\.json\.bz2",[^}]*"sha256": ?")/, `$1${sha256}`);
    expect(earlier).not.toBe(manifest);
    await writeFile(path, earlier);
    expect(await reads(build())).toMatchObject({ given: JSON.parse(earlier) as object, read: 0 });
    expect(await reads(survey())).toMatchObject({ given: { inputs: 'unchanged' }, read: 0 });
  });

  it('lists and reads again if an object is replaced after it was listed', async () => {
    const key = 'dt=2026-11-21/hour=07/a.json';
    proxy.fail(isListing, { meanwhile: () => write({ [key]: lines(event(1), event(55), event(56), event(57)) }) });
    const { counts } = await build();
    expect((await contentsOf(output(), DAY))['07.ndjson']).toContain('"user_id":55,');
    expect(counts.read).toBe((await build({ force: true })).counts.read);
  });

  it('reads a file of a neighbouring hour as it is, which is written to all day', async () => {
    const key = 'dt=2026-11-22/hour=00/a.json';
    const later = [event(96, '2026-11-22 00:00:01'), event(97, '2026-11-22 00:00:02')];
    const grown = async (): Promise<void> => {
      if (name === 'versitygw') await write({ [key]: lines(...later) });
      else await webHdfs(server.url, 'POST', pathOf(key), { op: 'APPEND', 'user.name': 'daybreak' }, lines(...later));
    };
    proxy.fail((seen) => isRead(seen) && /2026-11-22/.test(seen), { meanwhile: grown });
    proxy.fail(isListing, { meanwhile: grown });
    const { counts } = await build();
    expect(proxy.seen.filter(isListing)).toHaveLength(1);
    expect(counts.read).toBeGreaterThan(100_000);
    expect(await survey()).toMatchObject({ inputs: 'unchanged' });
  });
  const pathOf = (key: string): string => `${new URL(location).pathname}/${key}`;

  it('publishes nothing if it cannot be read, and says why', async () => {
    proxy.fail(isRead, { answer: 403, body: '<Error><Code>AccessDenied</Code></Error>' }, 100);
    await expect(build()).rejects.toMatchObject({
      code: 'STORAGE_REFUSED',
      what: expect.stringContaining('dt=2026-11-2') as string,
    });
    await expect(readFile(join(output(), DAY))).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await leftovers()).toEqual([]);
  });

  it(`keeps one whole day through ${KILLS} kills at random points`, async () => {
    location = `${location}/killed`;
    await write({ 'names.20261121.07.json': lines(event(1)) });
    await runDayBuild(await loadExample('events'), { date: DAY, input: location, output: output(), engine: 'duckdb' });
    await expectWholeDayThrough(KILLS, location, output());
  });
});
