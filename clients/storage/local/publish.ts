import { randomUUID } from 'node:crypto';
import { link, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { storageError, systemCode } from '../errors';
import { lockedName, unfinishedName } from '../keys';
import type { Body, Condition, ObjectVersion } from '../storage';
import { takeFileLock } from './file-lock';
import { openWithin, makeFolderWithin } from './safe-path';
import { versionOf } from './version';

/** Milliseconds without an update after which a lock counts as free. */
const STALE = 10_000;
/** The retries together take longer than `STALE`: the lock of a killed process is waited for and not reported. */
const LOCK_RETRIES = { retries: 60, minTimeout: 20, maxTimeout: 300 };

/** Writes a file as a whole. Replaces a link in its place and does not follow it. */
export async function publish(
  root: string,
  parts: readonly string[],
  body: Body,
  signal: AbortSignal | undefined,
): Promise<ObjectVersion> {
  const { version } = await staged(root, parts, body, signal, async (next, path) => {
    await rename(next, path);
    return true;
  });
  return version;
}

/** The same if the condition holds, else undefined. */
export async function publishIf(
  root: string,
  parts: readonly string[],
  body: Body,
  condition: Condition,
  signal: AbortSignal | undefined,
): Promise<ObjectVersion | undefined> {
  const { done, version } = await staged(root, parts, body, signal, (next, path) =>
    'ifAbsent' in condition ? linkAbsent(next, path) : replaceVersion(root, next, path, condition.ifVersion),
  );
  return done ? version : undefined;
}

/** Writes the body to a temporary file, and lets `settle` move it to its place. */
async function staged(
  root: string,
  parts: readonly string[],
  body: Body,
  signal: AbortSignal | undefined,
  settle: (next: string, path: string) => Promise<boolean>,
): Promise<{ readonly done: boolean; readonly version: ObjectVersion }> {
  const folder = await makeFolderWithin(root, parts.slice(0, -1));
  const path = join(folder, parts.at(-1) ?? randomUUID());
  const next = unfinishedName(path);
  const file = await open(next, 'wx');
  try {
    for await (const chunk of body instanceof Uint8Array ? [body] : body) {
      signal?.throwIfAborted();
      await file.writeFile(chunk);
    }
    signal?.throwIfAborted();
    const done = await settle(next, path);
    await rm(next, { force: true });
    // Reads the inode, whatever its name: a rename and the removal of a second name change its time.
    return { done, version: versionOf(await file.stat({ bigint: true })) };
  } finally {
    await file.close();
    await rm(next, { force: true });
  }
}

async function linkAbsent(next: string, path: string): Promise<boolean> {
  try {
    await link(next, path);
    return true;
  } catch (thrown) {
    if (systemCode(thrown) === 'EEXIST') return false;
    throw thrown;
  }
}

async function replaceVersion(root: string, next: string, path: string, version: ObjectVersion): Promise<boolean> {
  const failed = (why: string) =>
    storageError(`writing ${path}`, {
      code: 'STORAGE_FAILED',
      why,
      remedy: `See what writes there: ls -ld '${lockedName(path)}.lock'.`,
    });
  const { signal, release } = await takeFileLock(lockedName(path), {
    stale: STALE,
    retries: LOCK_RETRIES,
    busy: () => failed('other processes have kept its lock all the time'),
    lost: () => failed('its lock was lost'),
  });
  try {
    const file = await openWithin(root, path);
    if (file === undefined) return false;
    const found = await file.stat({ bigint: true }).finally(() => file.close());
    if (versionOf(found) !== version || signal.aborted) return false;
    await rename(next, path);
    return true;
  } finally {
    await release();
  }
}
