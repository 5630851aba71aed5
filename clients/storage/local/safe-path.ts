import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { DaybreakError, messageOf } from '../../../domain/errors';
import { storageError, systemCode } from '../errors';
import { ignoreAbsent, isMissing } from './fs-errors';

/**
 * Flags to open files that somebody else wrote. A link that took the place of a checked file is not followed, and a
 * pipe without a writer does not block the process.
 */
export const READ_UNTRUSTED = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The content of a file that somebody else wrote; undefined if it has more than `most` bytes at this time. Synchronous,
 * for many small files.
 */
export function readUntrustedSync(path: string, most: number): Buffer | undefined {
  const file = openSync(path, READ_UNTRUSTED);
  try {
    if (fstatSync(file).size > most) return undefined;
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Whether `path` lies in `folder`. Both are absolute and without links. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * The path of a folder below `root`, by the names of the folders on the way. The last one may be missing. Throws
 * OUTPUT_FAILED if a link leads out of `root`: the output would be written elsewhere. Throws it too if a file is in the
 * place of a folder, or if a folder cannot be looked into.
 */
export async function folderWithin(root: string, ...names: readonly string[]): Promise<string> {
  const top = await realOutput(root);
  let path = root;
  for (const name of names) {
    path = join(path, name);
    const real = await realOutput(path);
    if (top === undefined || real === undefined || isWithin(top, real)) continue;
    throw new DaybreakError('OUTPUT_FAILED', { what: `${path} ${leadsOut(root, real)}`, remedy: moveAway(root) });
  }
  return path;
}

async function realOutput(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (cause) {
    if (isMissing(cause)) return undefined;
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `${path} cannot be used: ${messageOf(cause)}`,
      remedy: 'Set DAYBREAK_DATA to a folder that can be written, or move away the file that is in its place.',
      cause,
    });
  }
}

/**
 * The absolute path, without links, of a regular file in `folder`, whatever links lead there. Throws an Error that says
 * so if it lies outside or is no regular file. If it does not exist, throws what the file system throws.
 */
export async function regularFileWithin(folder: string, path: string): Promise<string> {
  const [root, real] = await Promise.all([realpath(folder), realpath(path)]);
  if (!isWithin(root, real)) throw new Error(`it lies outside ${folder}, at ${real}`);
  const file = await open(real, READ_UNTRUSTED);
  try {
    if (!(await file.stat()).isFile()) throw new Error('it is no regular file');
  } finally {
    await file.close();
  }
  return real;
}

/**
 * The path, without links, of a file or folder below `root`, whatever links within it lead there; undefined if it does
 * not exist. Throws STORAGE_REFUSED if it lies outside.
 */
export async function realPathWithin(root: string, path: string): Promise<string | undefined> {
  const paths = await Promise.all([realpath(root), realpath(path)]).catch(ignoreAbsent);
  if (paths === undefined) return undefined;
  const [top, real] = paths;
  if (isWithin(top, real)) return real;
  throw storageError(`opening ${path}`, {
    code: 'STORAGE_REFUSED',
    why: `it ${leadsOut(root, real)}`,
    remedy: moveAway(root),
  });
}

/** Opens a regular file below `root`. Undefined if there is none, also if there is a folder or a pipe. */
export async function openWithin(root: string, path: string): Promise<FileHandle | undefined> {
  const real = await realPathWithin(root, path);
  if (real === undefined) return undefined;
  const file = await open(real, READ_UNTRUSTED).catch(ignoreAbsent);
  if (file === undefined) return undefined;
  const isFile = await file.stat().then(
    (stat) => stat.isFile(),
    () => false,
  );
  if (isFile) return file;
  await file.close();
  return undefined;
}

/**
 * The folder below `root` by the names on the way; missing folders are made. Throws STORAGE_REFUSED if a link leads
 * outside: the data would be written elsewhere.
 */
export async function makeFolderWithin(root: string, names: readonly string[]): Promise<string> {
  await mkdir(root, { recursive: true });
  let path = root;
  for (const name of names) {
    path = join(path, name);
    await mkdir(path).catch((thrown: unknown) => {
      if (systemCode(thrown) !== 'EEXIST') throw thrown;
    });
    await realPathWithin(root, path);
  }
  return path;
}

function leadsOut(root: string, real: string): string {
  return `is a link that leads out of ${root}, to ${real}`;
}

function moveAway(root: string): string {
  return `Move it away, and mount what should be there: nothing below ${root} may be a link to another place.`;
}
