import { rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { absent, changed } from '../errors';
import { folderParts, isUnfinished, ownFolderParts, ownPartsOf, partsOf } from '../keys';
import type { LocalLocation } from '../location';
import { locationText } from '../location';
import type { ReadOptions, Storage, StoredObject } from '../storage';
import { ignoreAbsent, localError } from './fs-errors';
import { listFiles, unfinishedFiles } from './list-files';
import { publish, publishIf } from './publish';
import { openWithin, realPathWithin } from './safe-path';
import { versionOf } from './version';

const CHUNK_BYTES = 256 * 1024;

/**
 * A folder. Links that lead out of it are not followed. Files and folders get the modes that the process's umask
 * leaves.
 *
 * What is atomic: a file appears by a rename. `ifAbsent` is a hard link; only one process gets it, also over NFS.
 * `ifVersion` compares and renames under a lock file. The lock counts as free 10 s after its holder stops renewing it.
 * So a process that pauses for longer between two system calls could replace another's file. A written file survives
 * the end of the process. Whether it survives a crash of the machine depends on the file system's settings.
 */
export function localStorage(location: LocalLocation): Storage {
  const root = location.folder;
  const pathOf = (key: string): string => join(root, ...partsOf(key));
  const ownPathOf = (key: string): string => join(root, ...ownPartsOf(key));
  /** Adds a remedy to whatever the file system throws. */
  const explained = async <T>(doing: string, path: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (thrown) {
      throw localError(thrown, `${doing} ${path}`, path);
    }
  };

  const storage: Storage = {
    kind: 'local',
    describe: (key) => (key === '' ? locationText(location) : join(root, key)),
    async *list(prefix, { signal } = {}) {
      try {
        for await (const found of listFiles(root, prefix, signal)) yield found;
      } catch (thrown) {
        throw localError(thrown, `listing ${join(root, prefix)}`, root);
      }
    },
    find: (key, { signal } = {}) => {
      const path = pathOf(key);
      return explained('looking at', path, async () => {
        signal?.throwIfAborted();
        const file = await openWithin(root, path);
        if (file === undefined) return undefined;
        try {
          const stat = await file.stat({ bigint: true });
          return {
            key,
            size: Number(stat.size),
            version: versionOf(stat),
            modified: stat.mtime,
          } satisfies StoredObject;
        } finally {
          await file.close();
        }
      });
    },
    async *read(key, options = {}) {
      const path = pathOf(key);
      try {
        const file = await openWithin(root, path);
        if (file === undefined) throw absent(`reading ${path}`);
        try {
          yield* bytesOf(file, path, options);
        } finally {
          await file.close();
        }
      } catch (thrown) {
        options.signal?.throwIfAborted();
        throw localError(thrown, `reading ${path}`, path);
      }
    },
    write: (key, body, { signal } = {}) =>
      explained('writing', ownPathOf(key), () => publish(root, ownPartsOf(key), body, signal)),
    writeIf: (key, body, condition, { signal } = {}) =>
      explained('writing', ownPathOf(key), () => publishIf(root, ownPartsOf(key), body, condition, signal)),
    copy: (from, to, options) => storage.write(to, storage.read(from, options), options),
    async remove(keys, { signal } = {}) {
      for await (const key of keys) {
        signal?.throwIfAborted();
        const path = ownPathOf(key);
        await explained('removing', path, async () => {
          // The folder on the way may be a link; the file itself may be anything.
          const folder = await realPathWithin(root, join(path, '..'));
          if (folder !== undefined) await rm(path, { force: true }).catch(ignoreAbsent);
        });
      }
    },
    async removeFolder(folder, { signal } = {}) {
      const path = join(root, ...ownFolderParts(folder));
      await explained('removing', path, async () => {
        signal?.throwIfAborted();
        if ((await realPathWithin(root, join(path, '..'))) === undefined) return;
        await rm(path, { recursive: true, force: true });
      });
    },
    async removeUnfinished(folder, before, { signal } = {}) {
      const path = join(root, ...folderParts(folder));
      await explained('clearing', path, async () => {
        for await (const file of unfinishedFiles(root, folder, signal)) {
          if (file.modified < before && isUnfinished(file.key))
            await rm(join(root, file.key), { recursive: true, force: true });
        }
      });
    },
    close: () => undefined,
  };
  return storage;
}

async function* bytesOf(
  file: FileHandle,
  path: string,
  { version, mayGrow = false, offset = 0, end, signal }: ReadOptions,
): AsyncGenerator<Buffer> {
  const before = await file.stat({ bigint: true });
  const wanted = version ?? versionOf(before);
  if (versionOf(before) !== wanted) throw changed(`reading ${path}`);
  const last = Math.min(end ?? Infinity, Number(before.size));
  for (let at = offset; at < last;) {
    signal?.throwIfAborted();
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, last - at));
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) throw changed(`reading ${path}`);
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
  const after = await file.stat({ bigint: true });
  // A replaced or removed file is still complete. Only its change time shows that it has no name any more.
  const isReplaced = after.nlink === 0n && after.mtimeNs === before.mtimeNs && after.size === before.size;
  const hasGrown = mayGrow && after.size >= before.size;
  if (!isReplaced && !hasGrown && versionOf(after) !== wanted) throw changed(`reading ${path}`);
}
