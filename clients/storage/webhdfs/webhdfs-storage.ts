import { absent, changed } from '../errors';
import { folderOf, folderParts, isUnfinished, ownFolderParts, ownPartsOf, partsOf } from '../keys';
import { locationText, type WebHdfsLocation } from '../location';
import { resumedRead } from '../resumed-read';
import type { RetryPolicy } from '../retry';
import type { Storage } from '../storage';
import type { WebHdfsAccess } from './access';
import { hasGrown, versionOf, type FileStatus } from './file-status';
import { createFiles } from './files';
import { publish, publishAbsent } from './publish';
import { replaceVersion } from './replace-version';
import { createWebHdfsHttp } from './webhdfs-http';

/**
 * A folder of HDFS, over WebHDFS or an HttpFS gateway. What is atomic: a file appears by a rename in the NameNode.
 * `ifAbsent` is a rename that fails if the name is taken. replace-version.ts describes `ifVersion`. HttpFS has neither
 * such renames nor inodes: `writeIf` is refused on it.
 */
export function webHdfsStorage(location: WebHdfsLocation, access: WebHdfsAccess, policy: RetryPolicy): Storage {
  const http = createWebHdfsHttp(access, policy);
  const files = createFiles(http);
  const describe = (key: string): string => `${locationText({ ...location, path: '' })}${absolute(key).slice(1)}`;
  const absolute = (key: string): string => (key === '' ? location.path : `${location.path}/${key}`);
  const pathOf = (key: string): string => absolute(partsOf(key).join('/'));
  const ownPathOf = (key: string): string => absolute(ownPartsOf(key).join('/'));

  /** Files, and folders of unfinished writes, whose key starts with `prefix`. */
  async function* below(folder: string, prefix: string, signal?: AbortSignal): ReturnType<typeof entriesOf> {
    for await (const { key, entry } of entriesOf(folder, signal)) {
      if (entry.type !== 'DIRECTORY') {
        if (key.startsWith(prefix)) yield { key, entry };
      } else if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) {
        yield* below(`${key}/`, prefix, signal);
      }
    }
  }
  async function* entriesOf(folder: string, signal?: AbortSignal) {
    const path = absolute(folderParts(folder).join('/'));
    for await (const entry of files.list(path, signal)) yield { key: `${folder}${entry.pathSuffix}`, entry };
  }

  const storage: Storage = {
    kind: 'webhdfs',
    describe,
    async *list(prefix, { signal } = {}) {
      try {
        for await (const { key, entry } of below(folderOf(prefix), prefix, signal)) {
          if (entry.type !== 'FILE' || isUnfinished(key)) continue;
          yield { key, size: entry.length, version: versionOf(entry), modified: new Date(entry.modificationTime) };
        }
      } catch (thrown) {
        signal?.throwIfAborted();
        throw http.toError(thrown, `listing ${describe(prefix)}`);
      }
    },
    find: (key, { signal } = {}) =>
      http.explained(`looking at ${describe(key)}`, signal, async () => {
        const found = await files.status(pathOf(key), signal);
        if (found?.type !== 'FILE') return undefined;
        return { key, size: found.length, version: versionOf(found), modified: new Date(found.modificationTime) };
      }),
    async *read(key, { version, mayGrow = false, offset = 0, end = Infinity, signal } = {}) {
      const [doing, path] = [`reading ${describe(key)}`, pathOf(key)];
      let first: FileStatus | undefined;
      /**
       * HDFS gives the bytes of whatever file is there. So its identity is checked before each answer and at the end.
       */
      const size = (): Promise<number> =>
        http.explained(doing, signal, async () => {
          const found = await files.status(path, signal);
          if (found?.type !== 'FILE') throw absent(doing);
          first ??= found;
          const isSame = versionOf(found) === (version ?? versionOf(first)) || (mayGrow && hasGrown(first, found));
          if (!isSame) throw changed(doing);
          return first.length;
        });
      const open = async (at: number) => {
        const length = Math.min(end, await size()) - at;
        if (length <= 0) return undefined;
        return http.explained(doing, signal, async () => {
          const { stream } = await files.open(path, at, length, signal);
          return { stream, length };
        });
      };
      yield* resumedRead({ doing, open, offset, policy, signal });
      await size();
    },
    write: (key, body, { signal } = {}) =>
      http.explained(`writing ${describe(key)}`, signal, () => publish(files, ownPathOf(key), body, signal)),
    writeIf: (key, body, condition, { signal } = {}) =>
      http.explained(`writing ${describe(key)}`, signal, () =>
        'ifAbsent' in condition
          ? publishAbsent(files, ownPathOf(key), body, signal)
          : replaceVersion(files, ownPathOf(key), body, condition.ifVersion, signal),
      ),
    async copy(from, to, options = {}) {
      // Before a write, whose failure would say nothing of the file that it copies.
      const source = await storage.find(from, options);
      if (source === undefined) throw absent(`copying ${describe(from)} to ${describe(to)}`);
      return storage.write(to, storage.read(from, { ...options, version: source.version }), options);
    },
    async remove(keys, { signal } = {}) {
      for await (const key of keys) {
        await http.explained(`removing ${describe(key)}`, signal, () => files.remove(ownPathOf(key), signal));
      }
    },
    removeFolder: (folder, { signal } = {}) =>
      http.explained(`removing ${describe(folder)}`, signal, () =>
        files.remove(absolute(ownFolderParts(folder).join('/')), signal, true),
      ),
    removeUnfinished: (folder, before, { signal } = {}) =>
      http.explained(`clearing ${describe(folder)}`, signal, async () => {
        for await (const { key, entry } of below(folder, folder, signal)) {
          const isOld = entry.modificationTime < before.getTime();
          if (isUnfinished(key) && isOld) await files.remove(absolute(key), signal);
        }
      }),
    httpUrl: (key) => http.urlOf(pathOf(key), { op: 'OPEN' }),
    close: () => undefined,
  };
  return storage;
}
