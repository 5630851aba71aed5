import { lstat, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { DaybreakError, hasCode, messageOf } from '../../domain/errors';
import type { RepositoryFiles } from './repository-files';

/**
 * Writes files into a folder, which may exist. Throws OUTPUT_FAILED if one of the files exists; then it writes none.
 */
export async function writeNewFiles(folder: string, files: RepositoryFiles): Promise<void> {
  const present: string[] = [];
  for (const file of files.keys()) if (await exists(join(folder, file))) present.push(file);
  if (present.length > 0) {
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `${folder} has ${present.join(', ')} already`,
      remedy: 'Nothing was written. Give a new folder, or move these files away.',
    });
  }
  try {
    for (const [file, text] of files) {
      await mkdir(dirname(join(folder, file)), { recursive: true });
      // Another program may have written the file meanwhile.
      await writeFile(join(folder, file), text, { flag: 'wx' });
    }
  } catch (cause) {
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `the repository cannot be written to ${folder}: ${messageOf(cause)}`,
      remedy: 'Make the folder writable, or give another one.',
      cause,
    });
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await lstat(path);
    return true;
  } catch (thrown) {
    // A file where a folder would be is found when the folder is made.
    if (hasCode(thrown, 'ENOENT') || hasCode(thrown, 'ENOTDIR')) return false;
    throw thrown;
  }
}
