import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { DaybreakError } from '../../../domain/errors';
import { storageError, systemCode } from '../errors';
import { ignoreAbsent, ignoreMissing } from './fs-errors';

/**
 * How files are opened that somebody else put there: a link that took the place of a looked-at file is not followed, and
 * a pipe without a writer does not stop the process.
 */
export const READ_UNTRUSTED = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * The content of a file that somebody else put there; undefined where it has more than `most` bytes by now. Synchronous,
 * for many small ones.
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

/** Whether `path` lies in `folder`, both absolute and without links. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * The path of a folder below `root` by the names of the folders on the way, of which the last may be missing. Throws
 * OUTPUT_FAILED where a link leads out of `root`: what is written there would be written elsewhere.
 */
export async function folderWithin(root: string, ...names: readonly string[]): Promise<string> {
  const top = await realpath(root).catch(ignoreMissing);
  let path = root;
  for (const name of names) {
    path = join(path, name);
    const real = await realpath(path).catch(ignoreMissing);
    if (top === undefined || real === undefined || isWithin(top, real)) continue;
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `${path} is a link that leads out of ${root}, to ${real}`,
      remedy: `Move it away, and mount what should be there: nothing below ${root} may be a link to another place.`,
    });
  }
  return path;
}

/**
 * The absolute path without links of a regular file in `folder`, whatever links lead there. Throws an Error that says so
 * where it lies outside or is no regular file, and what the file system throws where it is not there.
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
 * The path without links of a file or folder below `root`, whatever links within it lead there; undefined where it is not
 * there. Throws STORAGE_REFUSED where it lies outside.
 */
export async function realPathWithin(root: string, path: string): Promise<string | undefined> {
  const paths = await Promise.all([realpath(root), realpath(path)]).catch(ignoreAbsent);
  if (paths === undefined) return undefined;
  const [top, real] = paths;
  if (isWithin(top, real)) return real;
  throw leadsOut(root, path, real);
}

/** Opens a regular file below `root`. Undefined where there is none, also where there is a folder or a pipe. */
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
 * The folder below `root` by the names on the way, each made where it is missing. Throws STORAGE_REFUSED where a link
 * leads out: what is written there would be written elsewhere.
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

function leadsOut(root: string, path: string, real: string): Error {
  return storageError(`opening ${path}`, {
    code: 'STORAGE_REFUSED',
    why: `it is a link that leads out of ${root}, to ${real}`,
    remedy: `Move it away, and mount what should be there: nothing below ${root} may be a link to another place.`,
  });
}
