import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { locationOf, openStorage, type Storage } from '../../../clients/storage';
import type { DayManifest } from '../../../domain/day-manifest';
import { pipelineSchema } from '../../../domain/pipeline';
import { runDayBuild, type DayBuildOptions } from '../../../engines/build-day';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { checkOutput } from '../../../engines/versions/check-output';
import { readCurrent, type DayOutput } from '../../../engines/versions/day-output';
import { surveyDay } from '../../../engines/versions/late-data-scan';
import { withOutput } from '../../../engines/versions/open-output';
import { unchangedDay } from '../../../engines/versions/previous-build';
import { storedOutput } from '../../../engines/versions/stored/stored-output';
import { expectWholeDayThrough } from '../../engines/kills';
import { contentsOf, DAY, event, lines, loadExample, scratchFolder, writeFiles } from '../../engines/scratch';
import { dayOutputSuite } from '../../engines/versions/day-output-suite';
import { KILLS, KINDS, usePlace } from './places';

const FILES = {
  'names.20261121.07.json': lines(event(1), event(2), event(1), 'no record'),
  'names.20261121.09.json': lines(event(3, '2026-11-21 09:00:00')),
};

describe.each(Object.entries(KINDS))('output on %s', (_, { server: name, location: newLocation }) => {
  const root = scratchFolder();
  const server = usePlace(name);
  let loaded: LoadedPipeline;
  let location: string;
  let data: string;
  beforeEach(async () => {
    location = newLocation(server.url);
    data = join(root, randomUUID());
    loaded = await publishingThere();
    await writeFiles(input(), FILES);
  });
  async function publishingThere(compression = 'none'): Promise<LoadedPipeline> {
    const example = await loadExample('events');
    const output = { location, compression };
    return { ...example, pipeline: pipelineSchema.parse({ ...example.pipeline, output }) };
  }
  const input = () => join(data, 'input');
  const scratch = () => join(data, 'output');
  const build = (changes: Partial<DayBuildOptions> = {}): Promise<DayManifest> =>
    runDayBuild(loaded, {
      ...{ date: DAY, input: input(), output: location, scratch: scratch(), engine: 'duckdb' },
      ...changes,
    });
  const withPublished = <T>(use: (output: DayOutput) => Promise<T>): Promise<T> =>
    withOutput({ location, scratch: scratch() }, DAY, use);
  /** By name, without those that only builds read. */
  const contents = (): Promise<Record<string, string>> =>
    withPublished(async (output) => {
      const { version, manifest } = (await readCurrent(output)) ?? nothing();
      const folder = await mkdtemp(join(tmpdir(), 'daybreak-contents-'));
      const files = [...manifest.hours, ...(manifest.quarantine ? [manifest.quarantine] : [])].map(({ file }) => file);
      const read = async (file: string) => readFile(await output.localFile(version, file, folder));
      const found = await Promise.all(files.map(async (file) => [file, await read(file)] as const));
      await rm(folder, { recursive: true });
      return Object.fromEntries(
        found.map(([file, bytes]) => [
          file.replace(/\.gz$/, ''),
          (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString(),
        ]),
      );
    });
  const keys = async (): Promise<string[]> => {
    const storage = await openStorage(locationOf(location));
    const found: string[] = [];
    for await (const { key } of storage.list('')) found.push(key);
    storage.close();
    return found.sort();
  };

  describe('as every place of output', () => {
    let storage: Storage;
    dayOutputSuite(async () => {
      storage = await openStorage(locationOf(location));
      return storedOutput(storage, DAY, scratch());
    });
    afterEach(() => {
      storage.close();
    });
  });

  it('has the rows, counts and quarantine that the same files give in a folder', async () => {
    let sent = 0;
    const manifest = await build({ onProgress: ({ sentBytes }) => (sent = sentBytes) });
    expect(sent).toBeGreaterThan(manifest.hours.reduce((sum, { bytes }) => sum + bytes, 0));
    const local = join(data, 'local');
    expect(await build({ output: local })).toEqual(manifest);
    expect(await contents()).toEqual(await rowsAndQuarantine(local));
    const current = `${DAY}/_current.json`;
    const names = Object.keys(await contentsOf(local, DAY));
    const [version = ''] = await withPublished((output) => output.keptVersions());
    const own = [...names, '.build-state.json'].map((file) => `.versions/${DAY}/${version}/${file}`);
    expect(await keys()).toEqual([current, ...own].sort());
    expect((await readdir(join(scratch(), '.versions', DAY))).filter((left) => left.startsWith('.'))).toEqual([]);
  });

  it('builds nothing of an unchanged day, and only the changed hours of another', async () => {
    const first = await build();
    const at = { date: DAY, input: input(), output: location, scratch: scratch(), engine: 'duckdb' } as const;
    expect(await unchangedDay(loaded, at)).toEqual(first);
    expect(await build()).toEqual(first);
    expect(await surveyDay(loaded, data, DAY)).toMatchObject({ inputs: 'unchanged' });

    await writeFiles(input(), { 'names.20261121.10.json': lines(event(77, '2026-11-21 10:00:00'), 'no record') });
    expect(await surveyDay(loaded, data, DAY)).toMatchObject({ inputs: 'changed', lateRows: 2 });
    const next = await build();
    expect(next.counts).toMatchObject({ read: first.counts.read + 2, quarantined: 2 });
    const rows = await contents();
    expect(rows['10.ndjson']).toContain('"user_id":77,');
    expect(rows).toEqual(await contentsOfAll(next));
    expect(await withPublished((output) => output.keptVersions())).toHaveLength(2);
  });
  async function contentsOfAll(manifest: DayManifest): Promise<Record<string, string>> {
    const local = join(data, 'again');
    expect(await build({ output: local, force: true })).toEqual(manifest);
    return rowsAndQuarantine(local);
  }

  it('compresses the rows where the pipeline says so', async () => {
    const plain = await build();
    const rows = await contents();
    loaded = await publishingThere('gzip');
    const packed = await build({ force: true });
    expect(packed.hours.map(({ file }) => file)).toEqual(plain.hours.map(({ file }) => `${file}.gz`));
    expect(packed.counts).toEqual(plain.counts);
    expect(await contents()).toEqual(rows);
    // An hour that did not change is taken over as it is.
    await writeFiles(input(), { 'names.20261121.10.json': lines(event(77, '2026-11-21 10:00:00')) });
    expect((await build()).hours.map(({ file }) => file)).toEqual(packed.hours.map(({ file }) => file));
    expect((await contents())['10.ndjson']).toContain('"user_id":77,');
  });

  it('of two builds at once publishes whole days, and both give the same', async () => {
    const both = await Promise.all([build(), build()]);
    expect(both[0]).toEqual(both[1]);
    expect(await contents()).toEqual(await contentsOfAll(both[0]));
  });

  it('can be written, says the check, and leaves nothing there', async () => {
    const { pipeline } = loaded;
    const { place } = await withPublished((output) => Promise.resolve(output));
    expect(await checkOutput(data, pipeline)).toEqual({ of: 'output', place, can: ['write'] });
    expect(await keys()).toEqual([]);
  });

  it(`keeps one whole day through ${KILLS} kills at random points`, async () => {
    await runDayBuild(await loadExample('events'), { date: DAY, input: input(), output: location, engine: 'duckdb' });
    await expectWholeDayThrough(KILLS, input(), location);
  });
});

/** By name, as a local folder has them. */
async function rowsAndQuarantine(output: string): Promise<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(await contentsOf(output, DAY)).filter(([name]) => name !== '_manifest.json'),
  );
}

function nothing(): never {
  throw new Error('nothing is published');
}
