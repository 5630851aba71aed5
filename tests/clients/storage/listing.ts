import type { Storage } from '../../../clients/storage';
import { eachInOwnFolder } from './own-folder';
import { listed, textOf } from './read-all';

export interface ListingSubject {
  /** So many objects that a listing has several pages. */
  readonly many: number;
  /** Whether an object and objects below its name can both be there. Default: false, as where names are paths. */
  readonly isFlat?: boolean;
  /** A new client. */
  open(): Storage | Promise<Storage>;
  /**
   * Makes a folder with nothing in it, past the client: on S3 each object that stands for one. `folder` ends with '/'.
   */
  makeFolder(folder: string): Promise<void>;
}

/** What the listings of all storages have in common. Each test has a folder of its own. */
export function listing(subject: () => ListingSubject): void {
  describe('listing', () => {
    let storage: Storage;
    let folder: string;
    const key = (name: string): string => `${folder}${name}`;
    eachInOwnFolder(
      () => subject().open(),
      (...own) => ([storage, folder] = own),
    );

    it('gives every key that begins with a text, in folders too, and no other', async () => {
      const names = ['dt=1/h=00/a', 'dt=1/h=01/a', 'dt=1/h=01/b', 'dt=10/h=00/a', 'dt=2/h=00/a', 'top'];
      for (const name of names) await storage.write(key(name), Buffer.from(name));
      const below = async (prefix: string): Promise<string[]> =>
        (await listed(storage, key(prefix))).map((found) => found.key.slice(folder.length)).sort();
      expect(await below('')).toEqual(names);
      expect(await below('dt=1/')).toEqual(names.slice(0, 3));
      expect(await below('dt=1')).toEqual(names.slice(0, 4));
      expect(await below('dt=1/h=01/')).toEqual(names.slice(1, 3));
      expect(await below('dt=1/h=01/b')).toEqual(['dt=1/h=01/b']);
      expect(await below('dt=3/')).toEqual([]);
      expect(await below('top/')).toEqual([]);
    });

    it('goes past a page', async () => {
      const names = Array.from({ length: subject().many }, (_, number) => key(`many/${`${number}`.padStart(4, '0')}`));
      await inParallel(names, (name) => storage.write(name, Buffer.from('x')));
      expect((await listed(storage, key('many/'))).map((found) => found.key).sort()).toEqual(names);
      await storage.removeFolder(key('many/'));
      expect(await listed(storage, key('many/'))).toEqual([]);
    });

    it('gives names as they are', async () => {
      const names = [
        'a b',
        'a+b',
        'a%20b',
        "a'b",
        'a&b=c',
        'a?b',
        'a#b',
        'ä',
        '서울',
        '🌅',
        'a"b',
        '<a>',
        'a;b',
        'a\\b',
        '*',
      ];
      for (const name of names) await storage.write(key(`odd/${name}`), Buffer.from(name));
      const found = (await listed(storage, key('odd/'))).map((object) => object.key);
      expect(found.sort()).toEqual(names.map((name) => key(`odd/${name}`)).sort());
      for (const name of names) expect(await textOf(storage, key(`odd/${name}`))).toBe(name);
      await storage.remove(found);
      expect(await listed(storage, key('odd/'))).toEqual([]);
    });

    it('ends where it is cancelled', async () => {
      await storage.write(key('a'), Buffer.from('x'));
      const reason = new Error('enough');
      await expect(listed(storage, folder, AbortSignal.abort(reason))).rejects.toBe(reason);
    });

    it('gives no folder, nor what stands for an empty one', async () => {
      await subject().makeFolder(key('day/'));
      expect(await listed(storage, folder)).toEqual([]);
      expect(await storage.find(key('day'))).toBeUndefined();
      await storage.write(key('day/part'), Buffer.from('x'));
      expect((await listed(storage, key('day'))).map((found) => found.key)).toEqual([key('day/part')]);
    });

    it('gives an object once, before those of a folder of its name if both can be', async () => {
      await storage.write(key('day'), Buffer.from('object'));
      await storage.write(key('day-2'), Buffer.from('x'));
      const parts = [key('day/part-0'), key('day/part-1')];
      const isFlat = await storage.write(parts[0] ?? '', Buffer.from('x')).then(
        () => true,
        () => false,
      );
      expect(isFlat).toBe(subject().isFlat === true);
      if (isFlat) await storage.write(parts[1] ?? '', Buffer.from('x'));
      const below = isFlat ? parts : [];
      const keys = (await listed(storage, key('day'))).map((found) => found.key);
      expect(keys.toSorted()).toEqual([key('day'), key('day-2'), ...below]);
      expect(keys.filter((found) => found === key('day') || found.startsWith(key('day/')))[0]).toBe(key('day'));
      expect((await listed(storage, key('day/'))).map((found) => found.key)).toEqual(below);
      expect(await storage.find(key('day'))).toMatchObject({ key: key('day'), size: 6 });
      expect(await textOf(storage, key('day'))).toBe('object');
      if (!isFlat) return;
      await storage.removeFolder(key('day/'));
      expect((await listed(storage, folder)).map((found) => found.key)).toEqual([key('day'), key('day-2')]);
    });
  });
}

/** Calls `work` for all items, 16 at a time. */
async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = items.values();
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      for (const item of queue) await work(item);
    }),
  );
}
