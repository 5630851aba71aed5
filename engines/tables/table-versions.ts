import { join, resolve } from 'node:path';
import { regularFileWithin, isWithin } from '../../clients/storage/local/safe-path';
import { locationOf } from '../../clients/storage/location';
import { openStorage } from '../../clients/storage/open-storage';
import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';
import { forDate } from '../../domain/file-pattern';
import { tablesByDate, type Pipeline } from '../../domain/pipeline';
import { dateOfVersion, isByDate, prefixOfVersions, versionOn, type DatedFile } from '../../domain/table-file';
import { hashFile } from '../input/hash-file';
import type { ReadPipeline } from '../model/loaded-pipeline';
import type { TableVersion, TableVersions } from '../model/table-version';

type Table = Pipeline['tables'][string];

/**
 * The versions of a pipeline's tables that hold on a day: of a table by date the latest at or before it, of any other
 * its only file. Throws BAD_TABLE if there is none or it cannot be read.
 *
 * @param folder absolute path of the pipeline's folder.
 */
export async function tableVersions(
  { tables }: Pick<Pipeline, 'tables'>,
  folder: string,
  day: BusinessDate,
): Promise<TableVersions> {
  const versions: Record<string, TableVersion> = {};
  for (const [name, table] of Object.entries(tables)) versions[name] = await versionOf(name, table, folder, day);
  return versions;
}

/** The pipeline with the tables that hold on a day. Throws like `tableVersions`. */
export async function withTablesOf<Read extends ReadPipeline>(read: Read, day: BusinessDate): Promise<Read> {
  // One file holds on every day.
  if (tablesByDate(read.pipeline).length === 0) return read;
  return withTables(read, await tableVersions(read.pipeline, read.folder, day));
}

/** The pipeline with these versions of its tables. */
export function withTables<Read extends ReadPipeline>(read: Read, tables: TableVersions): Read {
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

async function versionOf(name: string, table: Table, folder: string, day: BusinessDate): Promise<TableVersion> {
  const wanted = resolve(folder, table.file);
  if (!isWithin(folder, wanted)) {
    throw new DaybreakError('BAD_TABLE', {
      what: `the file ${table.file} of the table ${name} lies outside the pipeline folder ${folder}`,
      remedy: 'Move it into the folder.',
    });
  }
  const file = isByDate(table.file) ? await fileOn(name, table, folder, day) : table.file;
  const path = resolve(folder, file);
  try {
    const { sha256 } = await hashFile(await regularFileWithin(folder, path));
    return { file, place: path, folder, path, hash: sha256 };
  } catch (cause) {
    throw new DaybreakError('BAD_TABLE', {
      what: `the table ${name} cannot be read from ${path}: ${messageOf(cause)}`,
      remedy: 'Put the file there, or correct tables in pipeline.yaml.',
      cause,
    });
  }
}

async function fileOn(name: string, { file: pattern }: Table, folder: string, day: BusinessDate): Promise<string> {
  const storage = await openStorage(locationOf(folder));
  const files: DatedFile[] = [];
  try {
    for await (const { key } of storage.list(prefixOfVersions(pattern))) {
      const date = dateOfVersion(pattern, key);
      if (date !== undefined) files.push({ file: key, date });
    }
  } catch (cause) {
    throw new DaybreakError('BAD_TABLE', {
      what: `the versions of the table ${name} cannot be listed: ${messageOf(cause)}`,
      remedy: 'Make the folder readable, and put the files themselves there, no links to elsewhere.',
      cause,
    });
  } finally {
    storage.close();
  }
  const { chosen, oldest } = versionOn(files, day);
  if (chosen !== undefined) return chosen.file;
  const first = join(folder, forDate(pattern, day));
  throw new DaybreakError('BAD_TABLE', {
    what:
      `the table ${name} has no version for ${day}: ${folder} has no file ${pattern} of that day or an earlier one; ` +
      (oldest === undefined ? 'it has none of any day' : `the oldest is ${oldest.file}`),
    remedy:
      oldest === undefined
        ? `Put the table as it was then there as ${first}.`
        : `Put the table as it was then there; or let the oldest hold from that day on: cp '${join(folder, oldest.file)}' '${first}'`,
  });
}
