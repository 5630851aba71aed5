import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { isWithin, regularFileWithin } from '../../clients/storage/local/safe-path';
import { locationText, type LocalLocation, type StorageLocation } from '../../clients/storage/location';
import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { isByDate } from '../../domain/table-file';
import { hashFile } from '../input/hash-file';
import type { ReadPipeline } from '../model/loaded-pipeline';
import type { TableVersion, TableVersions } from '../model/table-version';
import { tableFileOn, tableLocation, withTableStorage, type Table } from './table-files';

/** The largest table that is copied from S3 or HDFS, in bytes as it is there. */
const LARGEST_STORED = 4 * 1024 ** 3;

export interface TableVersionOptions {
  /** Whether S3 and HDFS are asked; else the tables there are left out. Default true. */
  readonly stored?: boolean;
}

/**
 * The versions of a pipeline's tables that hold on a day: of a table by date the latest at or before it, of any other
 * its only file. Throws BAD_TABLE if there is none or it cannot be read, and STORAGE_FAILED or STORAGE_REFUSED.
 *
 * @param folder absolute path of the pipeline's folder.
 */
export async function tableVersions(
  { tables }: Pick<Pipeline, 'tables'>,
  folder: string,
  day: BusinessDate,
  { stored = true }: TableVersionOptions = {},
): Promise<TableVersions> {
  const versions: Record<string, TableVersion> = {};
  for (const [name, table] of Object.entries(tables)) {
    const location = tableLocation(table, folder);
    if (location.kind === 'local') versions[name] = await localVersion(name, table, location, day);
    else if (stored) versions[name] = await storedVersion(name, table, location, day);
  }
  return versions;
}

/**
 * The pipeline with the tables that hold on a day, also those that were left out. Throws like `tableVersions`. A table
 * of one file in a folder stays as it was read.
 */
export async function withTablesOf<Read extends ReadPipeline>(read: Read, day: BusinessDate): Promise<Read> {
  const { pipeline, folder, tables: known } = read;
  const isFixed = (name: string, { file }: Table): boolean => !isByDate(file) && known[name]?.local !== undefined;
  const others = Object.entries(pipeline.tables).filter(([name, table]) => !isFixed(name, table));
  if (others.length === 0) return read;
  const found = { ...known, ...(await tableVersions({ tables: Object.fromEntries(others) }, folder, day)) };
  // In the order of the settings, as every list of hashes.
  const tables = Object.fromEntries(
    Object.keys(pipeline.tables).flatMap((name) => {
      const version = found[name];
      return version === undefined ? [] : [[name, version] as const];
    }),
  );
  return { ...read, tables, hashes: { ...read.hashes, tables: hashesOf(tables) } };
}

/** The hash of each table's version. */
export function hashesOf(tables: TableVersions): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tables).map(([name, { hash }]) => [name, hash]));
}

/** The file of each table's version. */
export function filesOf(tables: TableVersions): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(tables).map(([name, { file }]) => [name, file]));
}

async function localVersion(
  name: string,
  table: Table,
  location: LocalLocation,
  day: BusinessDate,
): Promise<TableVersion> {
  const { folder } = location;
  if (!isWithin(folder, resolve(folder, table.file))) {
    const place = table.location === undefined ? 'the pipeline folder' : 'its location';
    throw new DaybreakError('BAD_TABLE', {
      what: `the file ${table.file} of the table ${name} lies outside ${place} ${folder}`,
      remedy: 'Move it into the folder.',
    });
  }
  const file = isByDate(table.file) ? await localFileOn(name, table, location, day) : table.file;
  const path = resolve(folder, file);
  try {
    const { sha256 } = await hashFile(await regularFileWithin(folder, path));
    const shown = table.location === undefined ? file : path;
    return { file: shown, place: path, local: { folder, path }, hash: sha256 };
  } catch (cause) {
    throw new DaybreakError('BAD_TABLE', {
      what: `the table ${name} cannot be read from ${path}: ${messageOf(cause)}`,
      remedy: 'Put the file there, or correct tables in pipeline.yaml.',
      cause,
    });
  }
}

async function localFileOn(name: string, table: Table, location: LocalLocation, day: BusinessDate): Promise<string> {
  try {
    return (await withTableStorage(location, (storage) => tableFileOn(storage, name, table, day))).key;
  } catch (cause) {
    if (cause instanceof DaybreakError && cause.code === 'BAD_TABLE') throw cause;
    throw new DaybreakError('BAD_TABLE', {
      what: `the versions of the table ${name} cannot be listed: ${messageOf(cause)}`,
      remedy: 'Make the folder readable, and put the files themselves there, no links to elsewhere.',
      cause,
    });
  }
}

async function storedVersion(
  name: string,
  table: Table,
  location: StorageLocation,
  day: BusinessDate,
): Promise<TableVersion> {
  return withTableStorage(location, async (storage) => {
    const { key, size, version } = await tableFileOn(storage, name, table, day);
    const place = storage.describe(key);
    if (size > LARGEST_STORED) {
      throw new DaybreakError('BAD_TABLE', {
        what: `the table ${name} has ${size} bytes in ${place}, and at most ${LARGEST_STORED} are copied`,
        remedy: 'Leave out the columns and rows that the transform does not need, or compress the file.',
      });
    }
    const hash = createHash('sha256')
      .update(JSON.stringify([size, version]))
      .digest('hex');
    return { file: place, place, stored: { location: locationText(location), key, version }, hash };
  });
}
