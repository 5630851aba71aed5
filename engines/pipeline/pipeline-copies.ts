import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import * as z from 'zod';
import { DaybreakError, hasCode, messageOf } from '../../domain/errors';
import { parsePipelineName, type Pipeline } from '../../domain/pipeline';
import { regularFileWithin } from '../../clients/storage/local/safe-path';
import type { DatabaseOptions } from '../duckdb/database';
import { ignoreMissing } from '../../clients/storage/local/fs-errors';
import { hashFile } from '../input/hash-file';
import type { ReadPipeline } from '../model/loaded-pipeline';
import type { TableVersions } from '../model/table-version';
import { fetchTables } from '../tables/fetch-tables';
import { isSamePipeline, sha256 } from './pipeline-version';
import type { OpenPipeline } from './open-pipeline';
import { PIPELINE_FILE } from './pipeline-file';
import { readPipeline, readPipelineWith, readSettings, TRANSFORM_FILE } from './read-pipeline';
import { isOlderThanADay, removeLeftovers, unique } from '../versions/scratch';
import { replaceFile } from '../../clients/storage/local/replace-file';

/** This file names the copy that was kept last. */
const CURRENT_FILE = 'current';
/** What a copy knows of its tables, whose files are below `TABLES`, each by the name of its table. */
const TABLES_FILE = '.tables.json';
const TABLES = '.tables';
const copiedTables = z.record(
  z.string(),
  z.object({ file: z.string(), place: z.string(), hash: z.string(), sha256: z.string() }),
);

/** The folder for realtime's state of a pipeline on this machine: the accepted copies, and the prepared setup. */
export function realtimeFolder(data: string, name: string): string {
  return join(data, parsePipelineName(name), 'realtime');
}

/**
 * Copies a pipeline to <root>/<hash>/<name>, where nobody edits it, and reads it from there. Throws BAD_PIPELINE if the
 * folder changed since it was read.
 */
export async function copyPipeline(read: ReadPipeline, root: string): Promise<ReadPipeline> {
  const version = versionOf(read);
  return (await heldCopy(join(root, version, read.pipeline.name), read)) ?? copy(read, root, version);
}

/**
 * Makes the copy of a pipeline the current one, so that it can run later even if its folder changes, and removes copies
 * that nobody needs. The previous copy stays: another process may be reading it.
 */
export async function makeCurrent(read: ReadPipeline, root: string): Promise<void> {
  const version = versionOf(read);
  const current = join(root, CURRENT_FILE);
  const before = await readFile(current, 'utf8').catch(ignoreMissing);
  const isNew = before !== version;
  if (isNew) await replaceFile(current, version);
  // Another process may be checking an edit, or reading the copy before the current one.
  else if (!(await isOlderThanADay(current))) return;
  for (const name of await readdir(root)) {
    if (!/^[0-9a-f]{64}$/.test(name) || name === version || name === before) continue;
    const copy = join(root, name);
    if (isNew || (await isOlderThanADay(copy))) await rm(copy, { recursive: true, force: true });
  }
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
    // Commands take only the settings of a copy, which need no DuckDB.
    const { openPipeline } = await import('./open-pipeline');
    return await openPipeline(await readCopy(folder), folder, options);
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

async function copy(read: ReadPipeline, root: string, version: string): Promise<ReadPipeline> {
  const { pipeline, folder } = read;
  const building = join(root, unique('copying'));
  const copied = join(root, version, pipeline.name);
  // What cannot be removed is in nobody's way.
  await removeLeftovers(root).catch(() => undefined);
  try {
    const target = join(building, pipeline.name);
    await mkdir(join(target, TABLES), { recursive: true });
    for (const file of [PIPELINE_FILE, TRANSFORM_FILE]) {
      await copyFile(await regularFileWithin(folder, resolve(folder, file)), join(target, file));
    }
    await writeFile(join(target, TABLES_FILE), JSON.stringify(await copyTables(read.tables, join(target, TABLES))));
    if ((await heldCopy(target, read)) === undefined) throw changedMeanwhile(folder);
    await rename(building, join(root, version)).catch(async (thrown: unknown) => {
      if (!hasCode(thrown, 'ENOTEMPTY') && !hasCode(thrown, 'EEXIST')) throw thrown;
      // Another shard of this worker may have been faster. Otherwise the copy there is damaged.
      if ((await heldCopy(copied, read)) !== undefined) return;
      await rm(join(root, version), { recursive: true, force: true });
      await rename(building, join(root, version));
    });
    return await readCopy(copied);
  } catch (thrown) {
    throw hasCode(thrown, 'ENOENT') ? changedMeanwhile(folder, thrown) : thrown;
  } finally {
    await rm(building, { recursive: true, force: true });
  }
}

/** Copies or fetches the tables into a folder. Throws STORAGE_CHANGED if one has changed in its storage. */
async function copyTables(tables: TableVersions, folder: string): Promise<z.infer<typeof copiedTables>> {
  const copied: z.infer<typeof copiedTables> = {};
  for (const [name, { local, hash, file, place }] of Object.entries(await fetchTables(tables, folder))) {
    const path = join(folder, name);
    if (local !== undefined && local.path !== path) {
      await copyFile(await regularFileWithin(local.folder, local.path), path);
    }
    // The hash of a table in a folder is that of its content, which may have changed since it was read.
    const sha256 = tables[name]?.stored === undefined ? hash : (await hashFile(path)).sha256;
    copied[name] = { file, place, hash, sha256 };
  }
  return copied;
}

export function changedMeanwhile(folder: string, cause?: unknown): DaybreakError {
  return new DaybreakError('BAD_PIPELINE', {
    what: `${folder} was changed while it was read`,
    remedy: 'Nothing: it is read again.',
    cause,
  });
}

/** The copy in a folder; undefined unless it is the same pipeline with the same files. */
async function heldCopy(folder: string, read: ReadPipeline): Promise<ReadPipeline | undefined> {
  try {
    const held = await readCopy(folder);
    return isSamePipeline(held, read) ? held : undefined;
  } catch (thrown) {
    if (thrown instanceof DaybreakError) return undefined;
    throw thrown;
  }
}

/** Reads a copy, whatever the day is now. Throws like `readPipeline`. */
async function readCopy(folder: string): Promise<ReadPipeline> {
  const text = await readFile(join(folder, TABLES_FILE), 'utf8').catch(ignoreMissing);
  // A copy of an earlier release has its tables where the pipeline's folder has them.
  return text === undefined ? readPipeline(folder) : readPipelineWith(folder, () => tablesOfCopy(folder, text));
}

async function tablesOfCopy(folder: string, text: string): Promise<TableVersions> {
  const root = resolve(folder);
  try {
    const versions = Object.entries(copiedTables.parse(JSON.parse(text))).map(async ([name, { sha256, ...named }]) => {
      const path = join(root, TABLES, name);
      const { sha256: found } = await hashFile(await regularFileWithin(root, path));
      if (found !== sha256) throw new Error(`${path} is not what was copied`);
      return [name, { ...named, local: { folder: root, path } }] as const;
    });
    return Object.fromEntries(await Promise.all(versions));
  } catch (cause) {
    throw new DaybreakError('BAD_TABLE', {
      what: `the copy ${folder} has other tables than those that were copied: ${messageOf(cause)}`,
      remedy: 'Nothing: it is copied again.',
      cause,
    });
  }
}
