import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { access, appendFile, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Storage } from '../../../clients/storage';
import { localStorage } from '../../../clients/storage/local/local-storage';
import { DaybreakError } from '../../../domain/errors';
import { pipelineSchema, type Pipeline } from '../../../domain/pipeline';
import type { ReadFile } from '../../../engines/input/file-bytes';
import { readChunks } from '../../../engines/input/line-chunks';
import { listInput, type ListedInput } from '../../../engines/input/input-files';
import type { ListedFile } from '../../../engines/input/listed-file';
import { localInput } from '../../../engines/input/local-files';
import { withStoredInput } from '../../../engines/input/stored-files';
import { DAY, loadExample, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
let folder: string;
let scratch: string;
let storage: Storage;
beforeEach(() => {
  folder = join(root, randomUUID());
  scratch = join(root, randomUUID());
  storage = localStorage({ kind: 'local', folder });
});

async function pipelineWith(files: Partial<Pipeline['files']>): Promise<Pipeline> {
  const { pipeline } = await loadExample('events');
  return pipelineSchema.parse({ ...pipeline, files: { ...pipeline.files, ...files } });
}

/** Lists the files of the day in the storage. */
function listed(pipeline: Pipeline): Promise<ListedInput> {
  return withStoredInput(storage, { scratch }, (place) => listInput(place, pipeline, DAY));
}

async function fetchAll(files: readonly ListedFile[]): Promise<void> {
  await Promise.all(files.map(async ({ fetch }) => fetch?.()));
}

function facts({ own, neighbours, missingHours }: ListedInput) {
  const known = ({ file, hour, bytes, unread }: ListedFile) => ({ file, hour, bytes, unread });
  return { own: own.map(known), neighbours: neighbours.map(known), missingHours };
}

describe('what is listed', () => {
  it.each<[string, Partial<Pipeline['files']>, string[]]>([
    [
      'files in one folder',
      { pattern: 'names.%Y%m%d.%H*.json' },
      ['names.20261121.07.json', 'names.20261121.23_1.json.gz', 'names.20261122.00.json', 'other.20261121.07.json'],
    ],
    [
      'folders by day and hour, in UTC',
      { pattern: 'dt=%Y-%m-%d/hour=%H/*.json', timeZone: 'UTC' },
      [
        'dt=2026-11-20/hour=15/a.json',
        'dt=2026-11-21/hour=14/b.json.zst',
        'dt=2026-11-21/hour=15/c.json',
        'dt=2026-11-2/x',
      ],
    ],
    [
      'files of a day each',
      { pattern: '%Y/%-m/%-d/all*' },
      ['2026/11/21/all.json', '2026/11/21/all-2.json.bz2', '2026/11/22/all', '2026/1/12/all'],
    ],
    [
      'formats that are not read, and folders of part files',
      { pattern: 'hour-%Y%m%d%H' },
      [
        'hour-2026112107.bz2',
        'hour-2026112108/part-0',
        'hour-2026112108/part-1',
        'hour-2026112109',
        '.hour-2026112110',
      ],
    ],
  ])('is the same as in a local folder: %s', async (_, files, names) => {
    await writeFiles(folder, Object.fromEntries(names.map((name) => [name, `content of ${name}`])));
    const pipeline = await pipelineWith(files);
    const found = facts(await listed(pipeline));
    expect(found).toEqual(facts(await listInput(localInput(folder), pipeline, DAY)));
    expect(found.own.length).toBeGreaterThan(0);
  });

  it('has no folder that holds no file, and each other folder once', async () => {
    await mkdir(join(folder, 'hour-2026112107', 'empty'), { recursive: true });
    await writeFiles(folder, { 'hour-2026112108': '{}', 'hour-2026112109/a/b/part-0': '{}' });
    const pipeline = await pipelineWith({ pattern: 'hour-%Y%m%d%H' });
    const found = facts(await listed(pipeline));
    expect(found.own.map(({ file, unread }) => [file, unread !== undefined])).toEqual([
      ['hour-2026112108', false],
      ['hour-2026112109', true],
    ]);
    expect(facts(await listInput(localInput(folder), pipeline, DAY))).toEqual(found);
  });

  it('has an object and a folder of one name each by a name of its own', async () => {
    const keys = ['07', '07.gz', '07/part-0', '07/part-1', '08/part-0'].map((rest) => `hour-20261121${rest}`);
    storage = {
      ...storage,
      async *list(prefix) {
        for (const key of keys.filter((each) => each.startsWith(prefix)))
          yield await Promise.resolve({ key, size: 2, version: 'one', modified: new Date(1_795_237_202_000) });
      },
    };
    const { own } = await listed(await pipelineWith({ pattern: 'hour-%Y%m%d%H' }));
    expect(own.map(({ file, hour, bytes, unread }) => [file, hour, bytes, unread !== undefined])).toEqual([
      ['hour-2026112107', '07', 2, false],
      ['hour-2026112107.gz', '07', 2, false],
      ['hour-2026112107/', '07', 0, true],
      ['hour-2026112108', '08', 0, true],
    ]);
  });

  it('is asked for by the prefixes of the days only, and each once', async () => {
    const list = jest.spyOn(storage, 'list');
    await writeFiles(folder, { 'dt=2026-11-21/hour=07/a.json': '', 'logs/2026112107': '' });
    await listed(await pipelineWith({ pattern: 'dt=%Y-%m-%d/hour=%H/*.json' }));
    expect(list.mock.calls.map(([prefix]) => prefix)).toEqual(
      ['2026-11-21', '2026-11-20', '2026-11-22'].map((date) => `dt=${date}/hour=`),
    );
    list.mockClear();
    // The hour stands before the date: all that the days have in common.
    await listed(await pipelineWith({ pattern: 'logs/*%Y%m%d%H' }));
    expect(list.mock.calls.map(([prefix]) => prefix)).toEqual(['logs/']);
  });

  it('throws NO_INPUT with the location if the day has no file', async () => {
    await mkdir(folder);
    await expect(listed(await pipelineWith({}))).rejects.toMatchObject({
      code: 'NO_INPUT',
      what: expect.stringContaining(folder) as string,
    });
  });
});

describe('what is fetched', () => {
  const NAMES = Array.from({ length: 30 }, (_, number) => `2026112107-${String(number).padStart(2, '0')}`);
  const pattern = '%Y%m%d%H-*';
  const use = async <T>(work: (files: readonly ListedFile[]) => Promise<T>): Promise<T> => {
    const pipeline = await pipelineWith({ pattern });
    return withStoredInput(storage, { scratch }, async (place) => work((await listInput(place, pipeline, DAY)).own));
  };
  beforeEach(() => writeFiles(folder, Object.fromEntries(NAMES.map((name) => [name, `content of ${name}`]))));

  it('is a copy that is made once, and removed at the end', async () => {
    const read = jest.spyOn(storage, 'read');
    await use(async (files) => {
      await expect(access(scratch)).rejects.toMatchObject({ code: 'ENOENT' });
      await fetchAll([...files, ...files]);
      const contents = await Promise.all(files.map(({ path }) => readFile(path, 'utf8')));
      expect(contents).toEqual(NAMES.map((name) => `content of ${name}`));
    });
    expect(read).toHaveBeenCalledTimes(NAMES.length);
    expect(await readdir(scratch)).toEqual([]);
  });

  it('reports its bytes, once, and none of what is only listed', async () => {
    await writeFiles(folder, { [NAMES[0] ?? '']: 'x'.repeat(700_000) });
    const fetched: number[] = [];
    const pipeline = await pipelineWith({ pattern });
    const options = { scratch, onFetched: (bytes: number) => fetched.push(bytes) };
    await withStoredInput(storage, options, async (place) => {
      const { own } = await listInput(place, pipeline, DAY);
      expect(fetched).toEqual([]);
      await Promise.all([own[0]?.fetch?.(), own[0]?.fetch?.()]);
    });
    expect(fetched.length).toBeGreaterThan(1);
    expect(fetched.reduce((sum, bytes) => sum + bytes)).toBe(700_000);
  });

  it('comes over few connections at once', async () => {
    let [reading, most] = [0, 0];
    const real = storage;
    storage = {
      ...storage,
      async *read(key, options) {
        reading += 1;
        most = Math.max(most, reading);
        yield* real.read(key, options);
        reading -= 1;
      },
    };
    await use(fetchAll);
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(8);
  });

  it('is the listed version, or an error', async () => {
    await use(async ([first, second]) => {
      await writeFile(join(folder, NAMES[0] ?? ''), 'another');
      await rm(join(folder, NAMES[1] ?? ''));
      await expect(first?.fetch?.()).rejects.toMatchObject({ code: 'STORAGE_CHANGED' });
      await expect(second?.fetch?.()).rejects.toMatchObject({ code: 'STORAGE_CHANGED' });
    });
    expect(await readdir(scratch)).toEqual([]);
  });

  it('is a file of a neighbouring hour as it is, also while it grows', async () => {
    const name = '2026112200-today';
    await writeFiles(folder, { [name]: 'first\n' });
    const pipeline = await pipelineWith({ pattern });
    await withStoredInput(storage, { scratch }, async (place) => {
      const [neighbour] = (await listInput(place, pipeline, DAY)).neighbours;
      await appendFile(join(folder, name), 'second\n');
      await neighbour?.fetch?.();
      expect(await readFile(neighbour?.path ?? '', 'utf8')).toBe('first\nsecond\n');
    });
    await withStoredInput(storage, { scratch, asTheyAre: true }, async (place) => {
      const [own] = (await listInput(place, pipeline, DAY)).own;
      await writeFile(join(folder, NAMES[0] ?? ''), 'another');
      await own?.fetch?.();
      expect(await readFile(own?.path ?? '', 'utf8')).toBe('another');
    });
  });

  it('is not waited for after a failure', async () => {
    let [begun, ended] = [0, 0];
    storage = {
      ...storage,
      async *read(_, { signal } = {}) {
        begun += 1;
        if (begun === 1) throw new DaybreakError('STORAGE_REFUSED', { what: 'no', remedy: 'Ask.' });
        yield Buffer.from('a');
        if (signal?.aborted === false) await once(signal, 'abort');
        ended += 1;
        signal?.throwIfAborted();
      },
    };
    await expect(use(fetchAll)).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
    expect(begun).toBeGreaterThan(2);
    expect(ended).toBe(begun - 1);
  });

  it('says so if there is no place for the copy', async () => {
    await writeFile(scratch, 'a file is in the way');
    await expect(use((files) => fetchAll(files.slice(0, 1)))).rejects.toMatchObject({
      code: 'OUTPUT_FAILED',
      what: expect.stringContaining(join(folder, NAMES[0] ?? '')) as string,
    });
  });

  it.each([
    ['zstd', 'a.json.zst', Buffer.from('28b52ffd2002110000610a', 'hex')],
    ['gzip whose content is large', 'a.json.gz', gzipSync(Buffer.alloc(5_000_000))],
  ])('is requested once: a small file of %s', async (_, ending, content) => {
    const name = `2026112107-${ending}`;
    await writeFiles(folder, { [name]: content });
    const read = jest.spyOn(storage, 'read');
    let chunks = 0;
    await use(async (files) => {
      const wanted = files.filter(({ file }) => file === name);
      for await (const { text } of readChunks(wanted, { maximumBytes: 1_000_000 })) chunks += text.length > 0 ? 1 : 0;
    });
    expect(chunks).toBeGreaterThan(0);
    expect(read).toHaveBeenCalledTimes(1);
  });

  it('is no copy of a large file, which is read as it comes', async () => {
    const text = `${'x'.repeat(1_000)}\n`.repeat(3_000);
    await writeFiles(folder, { [NAMES[0] ?? '']: text, [NAMES[1] ?? '']: gzipSync(text, { level: 0 }) });
    const read = jest.spyOn(storage, 'read');
    await use(async ([plain, packed]) => {
      for (const file of [plain, packed]) {
        if (file === undefined) throw new Error('it is not listed');
        const chunks: string[] = [];
        for await (const chunk of readChunks([file], { maximumBytes: 2_000 })) chunks.push(chunk.text.toString());
        expect(`${chunks.join('\n')}\n`).toBe(text);
      }
      await expect(access(scratch)).rejects.toMatchObject({ code: 'ENOENT' });
      await writeFile(join(folder, NAMES[0] ?? ''), `${text}more`);
      const again = readChunks(plain === undefined ? [] : [plain], { maximumBytes: 2_000 });
      await expect(again.next()).rejects.toMatchObject({ code: 'STORAGE_CHANGED' });
    });
    expect(read).toHaveBeenCalledTimes(3);
  });

  it.each([
    ['its name and its content say so', 'a.bz2', 'BZh91AY&SY', {}],
    ['only its content says so', 'a.json', 'PAR1\0', {}],
    ['its content has another framing', 'a.json', `[${'{"a":1},\n'.repeat(10_000)}`, {}],
    ['it is read carefully', 'a.bz2', 'BZh91AY&SY', { carefully: true }],
  ])('is only the beginning of a large file that is not read: %s', async (_, ending, beginning, options) => {
    const [name, size] = [`2026112107-${ending}`, 8 * 1024 * 1024];
    await writeFiles(folder, { [name]: Buffer.concat([Buffer.from(beginning), Buffer.alloc(size, '1')]) });
    const pipeline = await pipelineWith({ pattern });
    let fetched = 0;
    const onFetched = (bytes: number): void => {
      fetched += bytes;
    };
    await withStoredInput(storage, { scratch, onFetched }, async (place) => {
      const files = (await listInput(place, pipeline, DAY)).own.filter(({ file }) => file === name);
      const found: ReadFile[] = [];
      const onFile = (__: ListedFile, read: ReadFile): void => {
        found.push(read);
      };
      for await (const chunk of readChunks(files, { maximumBytes: 1_000_000, onFile, ...options }))
        throw new Error(`it has ${chunk.text.length} bytes of lines`);
      // Its size and its version say whether it is the same one.
      expect(found).toMatchObject([{ bytes: size + beginning.length, sha256: '', faults: [{ isWhole: true }] }]);
      await expect(access(scratch)).rejects.toMatchObject({ code: 'ENOENT' });
    });
    expect(fetched).toBeLessThan(1024 * 1024);
  });

  it('may have a key that no file can have as its name', async () => {
    const pipeline = await pipelineWith({ pattern: '%Y%m%d%H/*' });
    const key = `2026112107/${'k'.repeat(400)}\u0001`;
    const version = createHash('sha256').update(key).digest('hex');
    storage = {
      ...storage,
      async *list() {
        yield await Promise.resolve({ key, size: 2, version, modified: new Date() });
      },
      async *read() {
        yield await Promise.resolve(Buffer.from('{}'));
      },
    };
    await withStoredInput(storage, { scratch }, async (place) => {
      const [file] = (await listInput(place, pipeline, DAY)).own;
      await file?.fetch?.();
      expect(await readFile(file?.path ?? '', 'utf8')).toBe('{}');
    });
  });
});
