import { randomUUID } from 'node:crypto';
import { access, constants, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ignoreAbsent } from '../../clients/storage/local/fs-errors';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { locationOf, locationText, openStorage, type Storage } from '../../clients/storage';
import { DaybreakError } from '../../domain/errors';
import { outputLocationOf, type Pipeline } from '../../domain/pipeline';
import type { PlaceCheck } from '../model/place-check';
import { outputFailed } from './output-errors';

/**
 * Writes a file into the place of a pipeline's output and removes it. If a folder does not exist, asks for the right to
 * make it: a folder that is made here would belong to whoever checks, not to the worker. An error that has a code
 * becomes the check's failure.
 *
 * @param data see Config.data.
 */
export async function checkOutput(data: string, pipeline: Pipeline): Promise<PlaceCheck> {
  const location = locationOf(outputLocationOf(pipeline, join(data, pipeline.name)));
  const place = locationText(location);
  try {
    if (location.kind === 'local') await tryFolder(location.folder, data, pipeline);
    else await tryStorage(await openStorage(location));
    return { of: 'output', place, can: ['write'] };
  } catch (thrown) {
    const failure = thrown instanceof DaybreakError ? thrown : outputFailed(place, thrown);
    return { of: 'output', place, can: [], failure };
  }
}

async function tryFolder(place: string, data: string, { name, output }: Pipeline): Promise<void> {
  const existing = await nearestFolder(place);
  if (output.location === undefined) await folderWithin(data, name, 'output');
  if (existing === place) await tryWrite(place);
  else await access(existing, constants.W_OK | constants.X_OK);
}

/** Two builds would overwrite each other's days in a storage that writes whatever the condition is. */
async function tryStorage(storage: Storage): Promise<void> {
  const key = `.versions/check-${randomUUID()}`;
  const body = Buffer.from('x');
  try {
    const first = await storage.writeIf(key, body, { ifAbsent: true });
    try {
      const second = await storage.writeIf(key, body, { ifAbsent: true });
      const third = first && (await storage.writeIf(key, Buffer.from('y'), { ifVersion: first }));
      const fourth = first && (await storage.writeIf(key, body, { ifVersion: first }));
      if (second === undefined && third !== undefined && fourth === undefined) return;
    } finally {
      await storage.remove([key]);
      // As each build does.
      await storage.removeUnfinished('.versions/', new Date(0));
    }
  } finally {
    storage.close();
  }
  throw new DaybreakError('OUTPUT_FAILED', {
    what: `${storage.describe('')} does not keep to the conditions of a write (If-None-Match, If-Match)`,
    remedy: 'Use a service that supports conditional writes, or a newer version of it.',
  });
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
