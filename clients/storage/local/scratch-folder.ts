import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DaybreakError, messageOf, hasCode } from '../../../domain/errors';
import { ignoreMissing } from './fs-errors';

const FORGOTTEN_MILLISECONDS = 24 * 3_600_000;

/** The place of a pipeline's scratch folders; see Config.data. */
export function scratchRoot(data: string, pipeline: string): string {
  return join(data, pipeline, 'scratch');
}

/**
 * Runs `use` with its own folder below `root`, and removes the folder afterwards. First removes what a killed worker
 * left behind: folders of the same purpose, of which only one may be in use, and folders that nobody has touched for a
 * day.
 *
 * Throws OUTPUT_FAILED if there is no space or no permission to write.
 *
 * @param purpose unique at any one time, for example 'proof-2026-11-21'.
 */
export async function withScratch<T>(root: string, purpose: string, use: (folder: string) => Promise<T>): Promise<T> {
  const folder = join(root, `${purpose}.${randomUUID()}`);
  try {
    await removeLeft(root, purpose);
    await mkdir(folder, { recursive: true });
    return await use(folder);
  } catch (cause) {
    if (cause instanceof DaybreakError || !isUnwritable(cause)) throw cause;
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `the scratch folder ${folder} cannot be written: ${messageOf(cause)}`,
      remedy: 'Free space there, some hundred megabytes, or make it writable.',
      cause,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function removeLeft(root: string, purpose: string): Promise<void> {
  for (const name of (await readdir(root).catch(ignoreMissing)) ?? []) {
    const left = join(root, name);
    const touched = (await stat(left).catch(ignoreMissing))?.mtimeMs ?? 0;
    const isForgotten = Date.now() - touched > FORGOTTEN_MILLISECONDS;
    if (isForgotten || name.startsWith(`${purpose}.`)) await rm(left, { recursive: true, force: true });
  }
}

function isUnwritable(thrown: unknown): boolean {
  if (['ENOSPC', 'EDQUOT', 'EACCES', 'EROFS'].some((code) => hasCode(thrown, code))) return true;
  // DuckDB has no error codes. It spills at most the disk space that was free when it began.
  return /no space left|failed to offload data block/i.test(messageOf(thrown));
}
