import { createReadStream } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';
import { locationOf } from '../../clients/storage/location';
import { isWithin, regularFileWithin } from '../../clients/storage/local/safe-path';
import { hashFile } from '../input/hash-file';
import type { PipelineHashes, ReadPipeline } from '../model/loaded-pipeline';
import { sha256 } from './pipeline-version';
import { parsePipelineYaml } from './pipeline-yaml';
import { PIPELINE_FILE } from './pipeline-file';

export const TRANSFORM_FILE = 'transform.sql';

/** In bytes; enough for some thousand columns. The time for unusual YAML grows with the square of its size. */
const LARGEST_SETTINGS = 64 * 1024;
/** In bytes. */
const LARGEST_TRANSFORM = 256 * 1024;

/** Reads a pipeline folder and checks its settings, but not its SQL. Throws BAD_PIPELINE or BAD_TABLE. */
export async function readPipeline(folder: string): Promise<ReadPipeline> {
  const root = resolve(folder);
  const pipeline = await readSettings(folder);
  const text = await readPart(folder, join(folder, TRANSFORM_FILE), LARGEST_TRANSFORM);
  const tables = await hashTables(pipeline, root);
  const hashes = { transform: sha256(text), settings: sha256(JSON.stringify(rowSettings(pipeline))), tables };
  return { pipeline, folder: root, transform: text.trimEnd().replace(/;$/, ''), hashes };
}

/** Reads and checks only pipeline.yaml of a folder. Throws BAD_PIPELINE. */
export async function readSettings(folder: string): Promise<Pipeline> {
  const file = join(folder, PIPELINE_FILE);
  const pipeline = parsePipelineYaml(await readPart(folder, file, LARGEST_SETTINGS), file);
  checkLocation(pipeline, file);
  const name = basename(resolve(folder));
  if (pipeline.name === name) return pipeline;
  throw new DaybreakError('BAD_PIPELINE', {
    what: `${file} is named ${pipeline.name}, but its folder ${name}`,
    remedy: 'Give both the same name.',
  });
}

function checkLocation({ files: { location } }: Pipeline, file: string): void {
  try {
    if (location !== undefined) locationOf(location);
  } catch (cause) {
    if (!(cause instanceof DaybreakError)) throw cause;
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${file}: files.location: ${cause.what}`,
      remedy: cause.remedy,
      cause,
    });
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

async function hashTables(pipeline: Pipeline, root: string): Promise<PipelineHashes['tables']> {
  const hashes: Record<string, string> = {};
  for (const [name, { file }] of Object.entries(pipeline.tables)) {
    const path = resolve(root, file);
    if (!isWithin(root, path)) {
      throw new DaybreakError('BAD_TABLE', {
        what: `the file ${file} of the table ${name} lies outside the pipeline folder ${root}`,
        remedy: 'Move it into the folder.',
      });
    }
    try {
      hashes[name] = (await hashFile(await regularFileWithin(root, path))).sha256;
    } catch (cause) {
      throw new DaybreakError('BAD_TABLE', {
        what: `the table ${name} cannot be read from ${path}: ${messageOf(cause)}`,
        remedy: 'Put the file there, or correct tables in pipeline.yaml.',
        cause,
      });
    }
  }
  return hashes;
}

/** The settings of pipeline.yaml that decide which rows a day has, and what is counted of them. */
function rowSettings({ timeZone, events, tables, matchColumn, checks, files, druid }: Pipeline): unknown {
  // A default is left out, so that a new setting does not change the hashes of days that were built before it.
  const rowTime = druid.rowTime === 'event' ? undefined : druid.rowTime;
  const reachHours = files.reachHours === 1 ? undefined : files.reachHours;
  const { maximumBytes, ...columns } = events;
  const size = maximumBytes === 1024 ** 2 ? undefined : maximumBytes;
  const framing = files.framing === 'lines' ? undefined : files.framing;
  const naming = { pattern: files.pattern, timeZone: files.timeZone, reachHours, framing };
  // An event is bad if a check fails on its row. What a check allows changes neither rows nor counts.
  const counted = checks.length === 0 ? undefined : checks.map(({ name, where }) => ({ name, where }));
  return {
    timeZone,
    events: { ...columns, maximumBytes: size },
    tables,
    matchColumn,
    checks: counted,
    files: naming,
    timeColumn: druid.timeColumn,
    rowTime,
    digestColumn: druid.digestColumn,
  };
}
