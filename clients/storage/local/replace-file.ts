import { randomUUID } from 'node:crypto';
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/** Writes a file as a whole, in an existing folder. Replaces a link in its place and does not follow it. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const next = join(dirname(path), `.${basename(path)}-${randomUUID()}`);
  try {
    await writeFile(next, text, { flag: 'wx' });
    await rename(next, path);
  } finally {
    await rm(next, { force: true });
  }
}
