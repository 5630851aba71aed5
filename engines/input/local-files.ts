import { opendirSync, realpathSync, statSync, type Dirent } from 'node:fs';
import { lstat, open, opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { absent } from '../../clients/storage/errors';
import { ignoreMissing, isAbsent } from '../../clients/storage/local/fs-errors';
import { isWithin, READ_UNTRUSTED } from '../../clients/storage/local/safe-path';
import { versionOf } from '../../clients/storage/local/version';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { DayNames } from './file-names';
import {
  A_FOLDER,
  prefixesOf,
  unreadable,
  type Candidate,
  type DatedNames,
  type InputPlace,
  type ListedFile,
} from './listed-file';

/** Milliseconds; much more than the clock granularity of any file system. */
const SETTLED_AFTER = 2000;

/** The number of names that are read from a folder at once. */
const PAGE = 1_000;

/** The input files in a local folder. */
export function localInput(folder: string): InputPlace {
  return { name: folder, candidates: (days) => entriesOf(folder, days), tryRead };
}

async function tryRead({ path }: ListedFile): Promise<void> {
  try {
    const file = await open(path, READ_UNTRUSTED);
    await file.read(Buffer.alloc(1), 0, 1, 0).finally(() => file.close());
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The entries of the folders that can hold files of the days. No other folder is read. */
async function* entriesOf(input: string, names: readonly DatedNames[]): AsyncGenerator<Candidate> {
  const prefixes = prefixesOf(names);
  let folders = new Map([['', names.map((dated) => dated.names.segments)]]);
  const depth = (names[0]?.names.segments.length ?? 1) - 1;
  for (let level = 0; level < depth; level += 1) {
    const next = new Map<string, DayNames['segments'][]>();
    for (const [folder, days] of folders) {
      // Once for all days, and not at all if each knows the name.
      let listed: ReturnType<typeof subfolders> | undefined;
      const list = () => (listed ??= subfolders(input, folder));
      for (const segments of days) {
        for (const name of await foldersIn(input, folder, segments[level] ?? '', list)) {
          const path = join(folder, name);
          next.set(path, [...(next.get(path) ?? []), segments]);
        }
      }
    }
    folders = next;
  }
  for (const folder of folders.keys()) {
    for await (const entry of readFolder(input, folder)) {
      const file = depth === 0 ? entry.name : join(folder, entry.name);
      if (!prefixes.some((prefix) => file.startsWith(prefix))) continue;
      if (!entry.isFile() && !entry.isSymbolicLink() && !entry.isDirectory()) continue;
      yield {
        file,
        listed(hour) {
          const path = join(input, file);
          return listedFile(file, hour, entry.isSymbolicLink() ? followed(input, path) : path);
        },
      };
    }
  }
}

/** The names of the folders in `folder` that match a part of the pattern. */
async function foldersIn(
  input: string,
  folder: string,
  segment: DayNames['segments'][number],
  list: () => ReturnType<typeof subfolders>,
): Promise<readonly string[]> {
  if (typeof segment === 'string') {
    const path = join(input, folder, segment);
    if ((await lstat(path).catch(ignoreMissing))?.isSymbolicLink() === true) followed(input, path);
    return [segment];
  }
  const entries = (await list()).filter(({ name }) => segment.matches(name));
  for (const entry of entries) if (entry.isSymbolicLink()) followed(input, join(input, folder, entry.name));
  return entries.map(({ name }) => name);
}

/**
 * Undefined if it is neither a file nor a folder that holds a file. Throws STORAGE_CHANGED if it is gone. Synchronous:
 * for a day of 86,400 files asynchronous calls cost more than the whole build.
 */
function listedFile(file: string, hour: string, path: string): ListedFile | undefined {
  try {
    const status = statSync(path, { bigint: true });
    if (!status.isFile() && !(status.isDirectory() && mayHoldFile(path))) return undefined;
    const unread = status.isDirectory() ? A_FOLDER : undefined;
    const lastTouched = Math.max(Number(status.mtimeMs), Number(status.ctimeMs));
    const settled = Date.now() - lastTouched > SETTLED_AFTER;
    const stamp = settled ? versionOf(status) : '';
    const bytes = status.isDirectory() ? 0 : Number(status.size);
    return {
      file,
      path,
      hour,
      bytes,
      changedAt: Number(status.mtimeMs),
      stamp,
      ...(unread !== undefined && { unread }),
    };
  } catch (cause) {
    // It was removed or renamed since its folder was read. Its new name may be missing there.
    if (isAbsent(cause) && file.includes(REPLACEMENT)) {
      throw new DaybreakError('UNREADABLE_INPUT', {
        what: `the input file ${path} cannot be read: its name is not UTF-8`,
        remedy: 'Rename it, or move it out of the input folder; nothing was published.',
        cause,
      });
    }
    throw isAbsent(cause) ? absent(`reading ${path}`) : unreadable(path, cause);
  }
}

/** What Node has in the place of bytes of a name that are not UTF-8. No call finds such a file. */
const REPLACEMENT = '\ufffd';

/** Whether something other than folders is in a folder, at any depth. What cannot be read may hold a file. */
function mayHoldFile(folder: string): boolean {
  try {
    const entries = opendirSync(folder);
    try {
      for (let entry = entries.readSync(); entry !== null; entry = entries.readSync()) {
        if (!entry.isDirectory() || mayHoldFile(join(folder, entry.name))) return true;
      }
      return false;
    } finally {
      entries.closeSync();
    }
  } catch {
    return true;
  }
}

/** The folders and links in a folder. */
async function subfolders(input: string, folder: string): Promise<Dirent[]> {
  const found: Dirent[] = [];
  for await (const entry of readFolder(input, folder)) {
    if (entry.isDirectory() || entry.isSymbolicLink()) found.push(entry);
  }
  return found;
}

/** Gives nothing if a folder below the input folder is missing. A folder may have names of years: it holds a page of them. */
async function* readFolder(input: string, folder: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(join(input, folder), { bufferSize: PAGE });
  } catch (cause) {
    if (folder !== '' && isAbsent(cause)) return;
    if (folder !== '') throw unreadable(join(input, folder), cause);
    throw new DaybreakError('NO_INPUT', {
      what: `the input folder ${input} cannot be read: ${messageOf(cause)}`,
      remedy: 'Give the folder into which the files are written.',
      cause,
    });
  }
}

/** The target of a link in the input folder. Throws UNREADABLE_INPUT unless the target is in the folder. */
function followed(input: string, link: string): string {
  let path: string;
  let root: string;
  try {
    [path, root] = [realpathSync(link), realpathSync(input)];
  } catch (cause) {
    throw unreadable(link, cause);
  }
  if (isWithin(root, path)) return path;
  throw unreadable(link, new Error(`it is a link to ${path}, out of the input folder`));
}
