import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { DaybreakError, hasCode } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { regularFileWithin } from '../../clients/storage/local/safe-path';
import type { DatabaseOptions } from '../duckdb/database';
import { ignoreMissing } from '../../clients/storage/local/fs-errors';
import type { ReadPipeline } from '../model/loaded-pipeline';
import { openPipeline, type OpenPipeline } from '../load-pipeline';
import { sha256 } from './pipeline-version';
import { PIPELINE_FILE } from './pipeline-file';
import { readPipeline, readSettings, TRANSFORM_FILE } from './read-pipeline';
import { replaceFile } from '../../clients/storage/local/replace-file';

/** This file names the copy that was kept last. */
const CURRENT_FILE = 'current';

/**
 * Copies a pipeline to <root>/<hash>/<name>, where nobody edits it, and reads it from there. Throws BAD_PIPELINE if the
 * folder changed since it was read.
 */
export async function copyPipeline(read: ReadPipeline, root: string): Promise<ReadPipeline> {
  const version = versionOf(read);
  const folder = join(root, version, read.pipeline.name);
  if (!(await holds(folder, read))) await copy(read, root, version);
  return { ...read, folder };
}

/**
 * Makes the copy of a pipeline the current one, so that it can run later even if its folder changes. The previous copy
 * stays: another process may be reading it.
 */
export async function makeCurrent(read: ReadPipeline, root: string): Promise<void> {
  const version = versionOf(read);
  const before = await readFile(join(root, CURRENT_FILE), 'utf8').catch(ignoreMissing);
  if (before === version) return;
  await replaceFile(join(root, CURRENT_FILE), version);
  const unused = (await readdir(root)).filter(
    (name) => /^[0-9a-f]{64}$/.test(name) && name !== version && name !== before,
  );
  for (const name of unused) await rm(join(root, name), { recursive: true, force: true });
}

function versionOf({ pipeline, hashes }: ReadPipeline): string {
  return sha256(JSON.stringify([pipeline, hashes]));
}

/** The copy that was kept last, checked again; undefined if there is none that passes. */
export async function openCurrentCopy(
  root: string,
  name: string,
  options: DatabaseOptions = {},
): Promise<OpenPipeline | undefined> {
  const folder = await currentFolder(root, name);
  if (folder === undefined) return undefined;
  try {
    return await openPipeline(await readPipeline(folder), folder, options);
  } catch (thrown) {
    if (thrown instanceof DaybreakError) return undefined;
    throw thrown;
  }
}

/** The settings of the copy that was kept last; undefined if there is none. */
export async function currentSettings(root: string, name: string): Promise<Pipeline | undefined> {
  const folder = await currentFolder(root, name);
  return folder === undefined ? undefined : readSettings(folder).catch(() => undefined);
}

async function currentFolder(root: string, name: string): Promise<string | undefined> {
  const version = await readFile(join(root, CURRENT_FILE), 'utf8').catch(ignoreMissing);
  return version === undefined || !/^[0-9a-f]{64}$/.test(version) ? undefined : join(root, version, name);
}

async function copy(read: ReadPipeline, root: string, version: string): Promise<void> {
  const { pipeline, folder } = read;
  const building = join(root, `.copying-${randomUUID()}`);
  try {
    const target = join(building, pipeline.name);
    const tables = Object.values(pipeline.tables).map(({ file }) => file);
    for (const file of [PIPELINE_FILE, TRANSFORM_FILE, ...tables]) {
      await mkdir(dirname(join(target, file)), { recursive: true });
      await copyFile(await regularFileWithin(folder, resolve(folder, file)), join(target, file));
    }
    if (!(await holds(target, read))) throw changedMeanwhile(folder);
    await rename(building, join(root, version)).catch(async (thrown: unknown) => {
      if (!hasCode(thrown, 'ENOTEMPTY') && !hasCode(thrown, 'EEXIST')) throw thrown;
      // Another shard of this worker may have been faster. Otherwise the copy there is damaged.
      if (await holds(join(root, version, pipeline.name), read)) return;
      await rm(join(root, version), { recursive: true, force: true });
      await rename(building, join(root, version));
    });
  } catch (thrown) {
    throw hasCode(thrown, 'ENOENT') ? changedMeanwhile(folder, thrown) : thrown;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

export function changedMeanwhile(folder: string, cause?: unknown): DaybreakError {
  return new DaybreakError('BAD_PIPELINE', {
    what: `${folder} was changed while it was read`,
    remedy: 'Nothing: it is read again.',
    cause,
  });
}

/** Whether a folder holds the same pipeline with the same files. */
async function holds(folder: string, { pipeline, hashes }: ReadPipeline): Promise<boolean> {
  try {
    const read = await readPipeline(folder);
    return isDeepStrictEqual([read.pipeline, read.hashes], [pipeline, hashes]);
  } catch (thrown) {
    if (thrown instanceof DaybreakError) return false;
    throw thrown;
  }
}
