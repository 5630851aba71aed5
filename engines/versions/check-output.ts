import { randomUUID } from 'node:crypto';
import { access, constants, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ignoreAbsent } from '../../clients/storage/local/fs-errors';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { DaybreakError } from '../../domain/errors';
import type { PlaceCheck } from '../model/place-check';
import { outputFailed } from './published-day';

/**
 * Writes a file into <data>/<pipeline>/output and removes it. If the folder does not exist, asks for the right to make
 * it: a folder that is made here would belong to whoever checks, not to the worker.
 */
export async function checkOutput(data: string, pipeline: string): Promise<PlaceCheck> {
  const place = join(data, pipeline, 'output');
  try {
    const existing = await nearestFolder(place);
    await folderWithin(data, pipeline, 'output');
    if (existing === place) await tryWrite(place);
    else await access(existing, constants.W_OK | constants.X_OK);
    return { of: 'output', place, can: ['write'] };
  } catch (thrown) {
    const failure = thrown instanceof DaybreakError ? thrown : outputFailed(place, thrown);
    return { of: 'output', place, can: [], failure };
  }
}

/** The path itself if it exists, else the folder above it that does. Throws OUTPUT_FAILED if a file is in the way. */
async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(ignoreAbsent);
  if (found === undefined) return nearestFolder(dirname(path));
  if (found.isDirectory()) return path;
  throw new DaybreakError('OUTPUT_FAILED', {
    what: `${path} is a file, where the output needs a folder`,
    remedy: `Move it away: mv '${path}' '${path}.old'.`,
  });
}

async function tryWrite(folder: string): Promise<void> {
  // The name of an unfinished write: if this process is killed, the file is never listed.
  const file = join(folder, `.daybreak-check-${randomUUID()}`);
  await writeFile(file, 'x', { flag: 'wx' }).finally(() => rm(file, { force: true }));
}
