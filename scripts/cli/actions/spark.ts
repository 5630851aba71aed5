import { execFile } from 'node:child_process';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { DaybreakError, messageOf } from '../../../domain/errors';
import { LIBRARIES, UNPACKED_LIBRARIES } from '../../../engines/spark/spark-program';
import { print, printJson } from '../../output/print';
import { line } from '../../output/safe-text';
import { fetchedLibraries } from '../../stack/fetch/spark';

export interface PackOptions {
  readonly json: boolean;
}

const run = promisify(execFile);

export async function pack(given: string, { json }: PackOptions): Promise<void> {
  const archive = resolve(given);
  const { folder, tag } = await fetchedLibraries();
  const unfinished = `${archive}.part`;
  try {
    await run('tar', [
      '--create',
      '--gzip',
      '--file',
      unfinished,
      '--owner=0',
      '--group=0',
      '--directory',
      folder,
      '.',
    ]);
    await rename(unfinished, archive);
  } catch (cause) {
    await rm(unfinished, { force: true });
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `the archive ${archive} cannot be written: ${messageOf(cause)}`,
      remedy: 'Name a file in a folder that you may write to, and see that `tar` is installed.',
      cause,
    });
  }
  const setting = `spark.archives ${archive}#${UNPACKED_LIBRARIES}`;
  if (json) {
    printJson({ archive, python: tag, libraries: LIBRARIES, setting });
    return;
  }
  print(line`${archive} is for ${tag}`);
  print('In spark-defaults.conf, or with an address that every executor can read:');
  print(line`  ${setting}`);
}
