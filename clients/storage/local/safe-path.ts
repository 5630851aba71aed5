import { constants } from 'node:fs';
import { mkdir, open, realpath, type FileHandle } from 'node:fs/promises';
import { isAbsolute, join, relative, sep } from 'node:path';
import { storageError, systemCode } from '../errors';
import { ignoreMissing } from './fs-errors';

/** A link that took the place of a looked-at file is not followed, and a pipe without a writer does not stop the process. */
const READ_UNTRUSTED = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Whether `path` lies in `folder`, both absolute and without links. */
function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

/**
 * The path without links of a file or folder below `root`, whatever links within it lead there; undefined where it is not
 * there. Throws STORAGE_REFUSED where it lies outside.
 */
export async function realPathWithin(root: string, path: string): Promise<string | undefined> {
  const paths = await Promise.all([realpath(root), realpath(path)]).catch(ignoreMissing);
  if (paths === undefined) return undefined;
  const [top, real] = paths;
  if (isWithin(top, real)) return real;
  throw leadsOut(root, path, real);
}

/** Opens a regular file below `root`. Undefined where there is none, also where there is a folder or a pipe. */
export async function openWithin(root: string, path: string): Promise<FileHandle | undefined> {
  const real = await realPathWithin(root, path);
  if (real === undefined) return undefined;
  const file = await open(real, READ_UNTRUSTED).catch(ignoreMissing);
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
