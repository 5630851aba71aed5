import { createReadStream } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { businessDateOf, type BusinessDate } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { locationOf } from '../../clients/storage/location';
import { regularFileWithin } from '../../clients/storage/local/safe-path';
import type { ReadPipeline } from '../model/loaded-pipeline';
import type { TableVersions } from '../model/table-version';
import { hashesOf, tableVersions, type TableVersionOptions } from '../tables/table-versions';
import { sha256 } from './pipeline-version';
import { parsePipelineYaml } from './pipeline-yaml';
import { PIPELINE_FILE } from './pipeline-file';

export const TRANSFORM_FILE = 'transform.sql';

/** In bytes; enough for some thousand columns. The time for unusual YAML grows with the square of its size. */
const LARGEST_SETTINGS = 64 * 1024;
/** In bytes. */
const LARGEST_TRANSFORM = 256 * 1024;

/**
 * Reads a pipeline folder and checks its settings, but not its SQL. Throws BAD_PIPELINE or BAD_TABLE.
 *
 * @param when the day whose tables are taken, or an instant of that day. Default: now, as for realtime.
 */
export async function readPipeline(
  folder: string,
  when: BusinessDate | Date = new Date(),
  options: TableVersionOptions = {},
): Promise<ReadPipeline> {
  const root = resolve(folder);
  return readPipelineWith(folder, (pipeline) =>
    tableVersions(pipeline, root, when instanceof Date ? businessDateOf(when, pipeline.timeZone) : when, options),
  );
}

/** The same with tables that are found in another way. */
export async function readPipelineWith(
  folder: string,
  tablesOf: (pipeline: Pipeline) => Promise<TableVersions>,
): Promise<ReadPipeline> {
  const pipeline = await readSettings(folder);
  const text = await readPart(folder, join(folder, TRANSFORM_FILE), LARGEST_TRANSFORM);
  const tables = await tablesOf(pipeline);
  const settings = sha256(JSON.stringify(rowSettings(pipeline)));
  const hashes = { transform: sha256(text), settings, tables: hashesOf(tables) };
  return { pipeline, folder: resolve(folder), transform: text.trimEnd().replace(/;$/, ''), tables, hashes };
}

/** Reads and checks only pipeline.yaml of a folder. Throws BAD_PIPELINE. */
export async function readSettings(folder: string): Promise<Pipeline> {
  const file = join(folder, PIPELINE_FILE);
  const pipeline = parsePipelineYaml(await readPart(folder, file, LARGEST_SETTINGS), file);
  checkLocations(pipeline, file);
  const name = basename(resolve(folder));
  if (pipeline.name === name) return pipeline;
  throw new DaybreakError('BAD_PIPELINE', {
    what: `${file} is named ${pipeline.name}, but its folder ${name}`,
    remedy: 'Give both the same name.',
  });
}

function checkLocations({ files, output, tables }: Pipeline, file: string): void {
  const ofTables = Object.entries(tables).map(([name, { location }]) => [`tables.${name}.location`, location] as const);
  const places = [['files.location', files.location], ['output.location', output.location], ...ofTables] as const;
  for (const [setting, location] of places) {
    try {
      if (location !== undefined) locationOf(location);
    } catch (cause) {
      if (!(cause instanceof DaybreakError)) throw cause;
      throw new DaybreakError('BAD_PIPELINE', {
        what: `${file}: ${setting}: ${cause.what}`,
        remedy: cause.remedy,
        cause,
      });
    }
  }
}

async function readPart(folder: string, file: string, largest: number): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = await buffer(createReadStream(await regularFileWithin(folder, file), { end: largest }));
  } catch (cause) {
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${file} cannot be read: ${messageOf(cause)}`,
      remedy: 'A pipeline folder holds pipeline.yaml, transform.sql and the files of its tables.',
      cause,
    });
  }
  if (bytes.length <= largest) return bytes.toString();
  throw new DaybreakError('BAD_PIPELINE', {
    what: `${file} is larger than ${largest} bytes`,
    remedy: 'Make it smaller; rows of tables belong into files of their own.',
  });
}

/** Columns that earlier code took for its own, so that days were built with other values. */
const MISTAKEN: Readonly<Record<'events' | 'csv', readonly string[]>> = {
  events: ['record', 'rowid', 'file_row_number'],
  csv: ['index', 'line', 'fields'],
};

/** The names of such columns, as they are in the settings. */
function mistakenColumns({ events, tables }: Pipeline): string[] {
  const among = (columns: object, mistaken: readonly string[]): string[] =>
    Object.keys(columns).filter((name) => mistaken.includes(name.toLowerCase()));
  const ofTables = Object.values(tables).filter(({ format }) => format === 'csv');
  return [
    ...among(events.columns, MISTAKEN.events),
    ...ofTables.flatMap(({ columns }) => among(columns, MISTAKEN.csv)),
  ];
}

/** The settings of pipeline.yaml that decide which rows a day has, and what is counted of them. */
function rowSettings(pipeline: Pipeline): unknown {
  const { timeZone, events, tables, matchColumn, checks, files, druid } = pipeline;
  // A default is left out, so that a new setting does not change the hashes of days that were built before it.
  const rowTime = druid.rowTime === 'event' ? undefined : druid.rowTime;
  const reachHours = files.reachHours === 1 ? undefined : files.reachHours;
  const { maximumBytes, maximumRows, ...columns } = events;
  const size = maximumBytes === 1024 ** 2 ? undefined : maximumBytes;
  const most = maximumRows === 1 ? undefined : maximumRows;
  const framing = files.framing === 'lines' ? undefined : files.framing;
  const naming = { pattern: files.pattern, timeZone: files.timeZone, reachHours, framing };
  // An event is bad if a check fails on its row. What a check allows changes neither rows nor counts.
  const counted = checks.length === 0 ? undefined : checks.map(({ name, where }) => ({ name, where }));
  // So a day that was built with other values has another version, and no build takes its hours.
  const mistaken = mistakenColumns(pipeline);
  return {
    timeZone,
    events: { ...columns, maximumBytes: size, maximumRows: most },
    // Where a table is changes no row.
    tables: Object.fromEntries(Object.entries(tables).map(([name, { location: _, ...table }]) => [name, table])),
    matchColumn,
    checks: counted,
    files: naming,
    timeColumn: druid.timeColumn,
    rowTime,
    digestColumn: druid.digestColumn,
    mistaken: mistaken.length === 0 ? undefined : mistaken,
  };
}
