import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { withLock } from '../lock';
import { silentProgress, type Progress } from '../progress';

/** The user's cache folder, which every clone shares: DAYBREAK_CACHE, else the platform's own by XDG. */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const own = environment['DAYBREAK_CACHE'];
  if (own !== undefined && own !== '') return resolve(own);
  const xdg = environment['XDG_CACHE_HOME'];
  return join(xdg !== undefined && xdg !== '' ? xdg : join(homedir(), '.cache'), 'daybreak');
}

/**
 * The folder `name` of the cache. `fill` makes it the first time. It appears whole or not at all: `fill` writes to a
 * folder beside it, which is renamed at the end. If another process fills it meanwhile, waits, and shows that.
 */
export async function cached(
  name: string,
  fill: (staging: string) => Promise<void>,
  progress: Progress = silentProgress,
): Promise<string> {
  const folder = join(cacheFolder(), name);
  if (await exists(folder)) return folder;
  await mkdir(cacheFolder(), { recursive: true });
  const filled = async (): Promise<string> => {
    if (await exists(folder)) return folder;
    const staging = `${folder}.part`;
    await rm(staging, { recursive: true, force: true });
    await mkdir(staging);
    await fill(staging);
    await rename(staging, folder);
    return folder;
  };
  return withLock(folder, filled, { title: name, progress });
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
