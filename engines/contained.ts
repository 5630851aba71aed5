import { closeSync, constants, openSync, readFileSync } from 'node:fs';
import { open, realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';

/**
 * How files are opened that somebody else put there: a link that took the place of a looked-at file is not followed, and
 * a pipe without a writer does not stop the process.
 */
export const READ_UNTRUSTED = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** The content of a file that somebody else put there. Synchronous, for many small ones. */
export function readUntrustedSync(path: string): Buffer {
  const file = openSync(path, READ_UNTRUSTED);
  try {
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
