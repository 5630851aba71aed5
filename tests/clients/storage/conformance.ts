import { createHash, randomBytes } from 'node:crypto';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { readWhole, type Storage } from '../../../clients/storage';
import { listing, type ListingSubject } from './listing';
import { eachInOwnFolder } from './own-folder';
import { listed, textOf } from './read-all';

export interface Subject extends ListingSubject {
  /**
   * Names of what unfinished writes left below a folder of the location, which ends with '/'. They are read without the
   * client.
   */
  unfinished(folder: string): Promise<readonly string[]>;
  /** Leaves what a killed write leaves, older than a minute. */
  leaveUnfinished(folder: string): Promise<void>;
}

const MEBIBYTE = 1024 * 1024;

/** The bytes of buffers that are in use, without those that are garbage. */
function held(): number {
  // The first collection frees what the second one counts.
  for (let times = 0; times < 2; times += 1) collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc()');
}

/** What all storages have in common: one suite, run against each of them. */
export function conformance(subject: () => Subject): void {
  let storage: Storage;
  let folder: string;
  const key = (name: string): string => `${folder}${name}`;
  eachInOwnFolder(
    () => subject().open(),
    (...own) => ([storage, folder] = own),
  );

  describe('reading', () => {
    it('gives back what was written, the empty object too', async () => {
      await storage.write(key('a/b.json'), Buffer.from('hello'));
      await storage.write(key('empty'), Buffer.alloc(0));
      expect(await textOf(storage, key('a/b.json'))).toBe('hello');
      expect(await textOf(storage, key('empty'))).toBe('');
    });

    it('gives any part', async () => {
      await storage.write(key('digits'), Buffer.from('0123456789'));
      const part = (offset: number, end?: number) =>
        textOf(storage, key('digits'), { offset, ...(end !== undefined && { end }) });
      expect(await Promise.all([part(3), part(0, 4), part(3, 5), part(9), part(10), part(4, 4), part(8, 99)])).toEqual([
        ...['3456789', '0123', '34', '9', '', '', '89'],
      ]);
    });

    it('says that an object is not there', async () => {
      expect(await storage.find(key('nothing'))).toBeUndefined();
      await expect(textOf(storage, key('nothing'))).rejects.toMatchObject({
        code: 'STORAGE_CHANGED',
        what: expect.stringContaining(storage.describe(key('nothing'))) as string,
      });
    });

    it('of another version than the expected one fails before the first byte', async () => {
      const version = await storage.write(key('a'), Buffer.from('one'));
      await storage.write(key('a'), Buffer.from('two'));
      await expect(textOf(storage, key('a'), { version })).rejects.toMatchObject({ code: 'STORAGE_CHANGED' });
    });

    it('of an object that is replaced meanwhile gives one version or fails', async () => {
      const [former, next] = [randomBytes(9 * MEBIBYTE), randomBytes(9 * MEBIBYTE)];
      await storage.write(key('a'), former);
      const read: Buffer[] = [];
      const reading = async (): Promise<void> => {
        for await (const chunk of storage.read(key('a'))) {
          if (read.length === 0) await storage.write(key('a'), next);
          read.push(chunk);
        }
      };
      const outcome = await reading().then(
        () => 'whole',
        (thrown: unknown) => thrown,
      );
      if (outcome === 'whole') expect(Buffer.concat(read).equals(former)).toBe(true);
      else expect(outcome).toMatchObject({ code: 'STORAGE_CHANGED' });
    });

    it('ends where its reader leaves, and where it is cancelled', async () => {
      await storage.write(key('a'), randomBytes(9 * MEBIBYTE));
      for await (const chunk of storage.read(key('a'))) {
        expect(chunk.length).toBeGreaterThan(0);
        break;
      }
      const cancel = new AbortController();
      const reason = new Error('enough');
      const reading = async (): Promise<void> => {
        for await (const chunk of storage.read(key('a'), { signal: cancel.signal })) {
          if (chunk.length > 0) cancel.abort(reason);
        }
      };
      await expect(reading()).rejects.toBe(reason);
    });
  });

  describe('finding', () => {
    it('tells size, time and the version that write gave', async () => {
      const before = Date.now();
      const version = await storage.write(key('a'), Buffer.from('hello'));
      const found = await storage.find(key('a'));
      expect(found).toMatchObject({ key: key('a'), size: 5, version });
      // S3 returns whole seconds.
      expect(Math.abs((found?.modified.getTime() ?? 0) - before)).toBeLessThan(60_000);
      expect(await listed(storage, folder)).toEqual([found]);
    });

    it('takes neither a folder nor a longer name for the object', async () => {
      await storage.write(key('a/b'), Buffer.from('x'));
      await storage.write(key('ab'), Buffer.from('x'));
      expect(await storage.find(key('a'))).toBeUndefined();
    });
  });

  listing(subject);

  describe('writing', () => {
    it('takes a body of unknown length in bounded memory', async () => {
      const hash = createHash('sha256');
      const size = 160 * MEBIBYTE;
      let most = 0;
      async function* body(): AsyncGenerator<Buffer> {
        for (let sent = 0; sent < size; sent += MEBIBYTE) {
          const chunk = randomBytes(MEBIBYTE);
          hash.update(chunk);
          if (sent % (8 * MEBIBYTE) === 0) most = Math.max(most, held());
          yield chunk;
          await Promise.resolve();
        }
      }
      const before = held();
      const version = await storage.write(key('large'), body());
      expect(await storage.find(key('large'))).toMatchObject({ size, version });
      const read = createHash('sha256');
      for await (const chunk of storage.read(key('large'), { version })) read.update(chunk);
      expect(read.digest('hex')).toBe(hash.digest('hex'));
      expect((most - before) / MEBIBYTE).toBeLessThan(112);
      await storage.remove([key('large')]);
    });

    it.each([
      ['small', 1],
      ['large', 40],
    ])('of a %s body that fails leaves what was there, and nothing else', async (_, mebibytes) => {
      await storage.write(key('a'), Buffer.from('former'));
      async function* failing(): AsyncGenerator<Buffer> {
        for (let sent = 0; sent < mebibytes; sent += 1) yield await Promise.resolve(randomBytes(MEBIBYTE));
        throw new Error('no more');
      }
      await expect(storage.write(key('a'), failing())).rejects.toThrow('no more');
      await expect(storage.writeIf(key('b'), failing(), { ifAbsent: true })).rejects.toThrow('no more');
      expect(await textOf(storage, key('a'))).toBe('former');
      expect((await listed(storage, folder)).map((found) => found.key)).toEqual([key('a')]);
      expect(await subject().unfinished(folder)).toEqual([]);
    });

    it('that is cancelled leaves what was there, and nothing else', async () => {
      const cancel = new AbortController();
      const reason = new Error('enough');
      async function* endless(): AsyncGenerator<Buffer> {
        for (let sent = 0; ; sent += 1) {
          if (sent === 40) cancel.abort(reason);
          yield await Promise.resolve(randomBytes(MEBIBYTE));
        }
      }
      await expect(storage.write(key('a'), endless(), { signal: cancel.signal })).rejects.toBe(reason);
      expect(await listed(storage, folder)).toEqual([]);
      expect(await subject().unfinished(folder)).toEqual([]);
    });

    it('replaces: a reader sees the former or the next, never a part or nothing', async () => {
      const name = key('a');
      const content = (number: number): Buffer => Buffer.from(`${number} `.repeat(5_000));
      await storage.write(name, content(0));
      const over = new AbortController();
      const writing = (async () => {
        for (let number = 1; number <= 20; number += 1) await storage.write(name, content(number));
        over.abort();
      })();
      let reads = 0;
      while (!over.signal.aborted || reads === 0) {
        const found = await readWhole(storage, name, MEBIBYTE);
        const text = found?.content.toString() ?? '';
        expect(text).toBe(content(Number.parseInt(text, 10)).toString());
        reads += 1;
      }
      await writing;
    });
  });

  describe('copying', () => {
    it('gives another object of the same bytes, also over one that is there', async () => {
      const body = randomBytes(9 * MEBIBYTE);
      await storage.write(key('a b+ü.json'), body);
      await storage.write(key('to/copy'), Buffer.from('former'));
      const version = await storage.copy(key('a b+ü.json'), key('to/copy'));
      expect((await readWhole(storage, key('to/copy'), body.length))?.content.equals(body)).toBe(true);
      expect((await storage.find(key('to/copy')))?.version).toBe(version);
      expect((await storage.find(key('a b+ü.json')))?.size).toBe(body.length);
    });

    it('of what is not there fails and leaves what is', async () => {
      await storage.write(key('to'), Buffer.from('former'));
      await expect(storage.copy(key('nothing'), key('to'))).rejects.toMatchObject({ code: 'STORAGE_CHANGED' });
      expect(await textOf(storage, key('to'))).toBe('former');
    });
  });

  describe('writing if nothing is there', () => {
    it('happens once', async () => {
      const first = await storage.writeIf(key('a'), Buffer.from('first'), { ifAbsent: true });
      expect(first).toBe((await storage.find(key('a')))?.version);
      expect(await storage.writeIf(key('a'), Buffer.from('second'), { ifAbsent: true })).toBeUndefined();
      expect(await textOf(storage, key('a'))).toBe('first');
      expect(await subject().unfinished(folder)).toEqual([]);
    });

    it('of several at once one wins', async () => {
      const versions = await Promise.all(
        Array.from({ length: 8 }, (_, number) =>
          storage.writeIf(key('a'), Buffer.from(`${number}`), { ifAbsent: true }).catch(ifConflict),
        ),
      );
      const winners = versions.flatMap((version, number) => (version === undefined ? [] : [number]));
      expect(winners).toHaveLength(1);
      expect(await textOf(storage, key('a'))).toBe(`${winners[0]}`);
      expect(await subject().unfinished(folder)).toEqual([]);
    });
  });

  describe('writing if a version is there', () => {
    it('happens for that version alone', async () => {
      const first = await storage.write(key('a'), Buffer.from('first'));
      const second = await storage.writeIf(key('a'), Buffer.from('second'), { ifVersion: first });
      expect(second).toBe((await storage.find(key('a')))?.version);
      expect(await storage.writeIf(key('a'), Buffer.from('late'), { ifVersion: first })).toBeUndefined();
      expect(await storage.writeIf(key('b'), Buffer.from('none'), { ifVersion: first })).toBeUndefined();
      expect(await textOf(storage, key('a'))).toBe('second');
      expect(await storage.find(key('b'))).toBeUndefined();
      expect(await subject().unfinished(folder)).toEqual([]);
    });

    it('loses no count of several at once', async () => {
      const [writers, times] = [4, 5];
      await storage.write(key('count'), Buffer.from('0'));
      const countUp = async (): Promise<void> => {
        for (let done = 0; done < times;) {
          const { content, version } = (await readWhole(storage, key('count'), 100).catch(ifConflict)) ?? {};
          if (content === undefined || version === undefined) continue;
          const next = Buffer.from(`${Number(content.toString()) + 1}`);
          if (await storage.writeIf(key('count'), next, { ifVersion: version }).catch(ifConflict)) done += 1;
        }
      };
      await Promise.all(Array.from({ length: writers }, countUp));
      expect(await textOf(storage, key('count'))).toBe(`${writers * times}`);
      expect(await subject().unfinished(folder)).toEqual([]);
    });
  });

  describe('removing', () => {
    it('takes objects, and minds none that is gone', async () => {
      for (const name of ['a', 'b', 'c']) await storage.write(key(name), Buffer.from(name));
      await storage.remove([key('a'), key('b'), key('gone'), key('gone/too')]);
      await storage.remove([]);
      expect((await listed(storage, folder)).map((found) => found.key)).toEqual([key('c')]);
    });

    it('takes a folder and leaves its neighbours', async () => {
      for (const name of ['a/1', 'a/b/2', 'ab/3']) await storage.write(key(name), Buffer.from(name));
      await storage.removeFolder(key('a/'));
      await storage.removeFolder(key('gone/'));
      expect((await listed(storage, folder)).map((found) => found.key)).toEqual([key('ab/3')]);
    });

    it('never takes the whole location, nor what may not be a folder', async () => {
      await expect((async () => storage.removeFolder(''))()).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
      await expect((async () => storage.removeFolder(key('a')))()).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
    });

    it('takes what killed writes left, once it is old enough', async () => {
      await storage.write(key('a/kept'), Buffer.from('kept'));
      await subject().leaveUnfinished(`${folder}a/`);
      expect(await subject().unfinished(folder)).toHaveLength(1);
      expect((await listed(storage, folder)).map((found) => found.key)).toEqual([key('a/kept')]);
      await storage.removeUnfinished(folder, new Date(Date.now() - 24 * 3_600_000));
      expect(await subject().unfinished(folder)).toHaveLength(1);
      await storage.removeUnfinished(folder, new Date(Date.now() + 60_000));
      expect(await subject().unfinished(folder)).toEqual([]);
      expect(await textOf(storage, key('a/kept'))).toBe('kept');
    });
  });

  it('a small object is read whole, and a large one refused', async () => {
    const version = await storage.write(key('a'), Buffer.from('hello'));
    expect(await readWhole(storage, key('a'), 5)).toEqual({ content: Buffer.from('hello'), version });
    expect(await readWhole(storage, key('b'), 5)).toBeUndefined();
    await expect(readWhole(storage, key('a'), 4)).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
  });
}

/** If several writers write at once, the storage may also answer that it could not decide. They try again. */
function ifConflict(thrown: unknown): undefined {
  if (thrown instanceof Error && 'code' in thrown && thrown.code === 'STORAGE_CHANGED') return undefined;
  throw thrown;
}
