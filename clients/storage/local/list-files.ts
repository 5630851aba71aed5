import type { Dirent } from 'node:fs';
import { lstat, opendir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { folderOf, folderParts, isUnfinished } from '../keys';
import type { StoredObject } from '../storage';
import { ignoreAbsent } from './fs-errors';
import { realPathWithin } from './safe-path';
import { versionOf } from './version';

/** The number of names that are read from a folder at once. */
const PAGE = 1_000;

/**
 * Regular files whose path below `root` starts with `prefix`. A link to a file within `root` is listed like the file. A
 * link to a folder is not entered. Throws STORAGE_REFUSED at a link that leads outside: skipping it would lose its
 * rows.
 */
export async function* listFiles(root: string, prefix: string, signal?: AbortSignal): AsyncGenerator<StoredObject> {
  for await (const { key, entry } of entriesBelow(root, folderOf(prefix), prefix, signal)) {
    const path = join(root, key);
    if (isUnfinished(key) || !(entry.isFile() || entry.isSymbolicLink())) continue;
    const real = entry.isFile() ? path : await realPathWithin(root, path);
    // The file was removed meanwhile, or the link points to nothing.
    const found = real === undefined ? undefined : await stat(real, { bigint: true }).catch(ignoreAbsent);
    if (found?.isFile() !== true) continue;
    yield { key, size: Number(found.size), version: versionOf(found), modified: found.mtime };
  }
}

/** The remains of unfinished writes, and locks, below `folder`. */
export async function* unfinishedFiles(
  root: string,
  folder: string,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly key: string; readonly modified: Date }> {
  for await (const { key } of entriesBelow(root, folder, folder, signal)) {
    if (!isUnfinished(key)) continue;
    const found = await lstat(join(root, key)).catch(ignoreAbsent);
    if (found !== undefined) yield { key, modified: found.mtime };
  }
}

/** Everything except folders below `folder` that starts with `prefix`, and folders with names of unfinished writes. */
async function* entriesBelow(
  root: string,
  folder: string,
  prefix: string,
  signal?: AbortSignal,
): AsyncGenerator<{ readonly key: string; readonly entry: Dirent }> {
  signal?.throwIfAborted();
  const path = join(root, ...folderParts(folder));
  if ((await realPathWithin(root, path)) === undefined) return;
  const entries = await opendir(path, { bufferSize: PAGE }).catch(ignoreAbsent);
  if (entries === undefined) return;
  for await (const entry of entries) {
    signal?.throwIfAborted();
    const key = `${folder}${entry.name}`;
    if (!entry.isDirectory() || isUnfinished(key)) {
      if (key.startsWith(prefix)) yield { key, entry };
    } else if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) {
      yield* entriesBelow(root, `${key}/`, prefix, signal);
    }
  }
}
