import { join } from 'node:path';
import type { BusinessDate } from '../domain/business-date';
import { digestColumnOf } from '../domain/pipeline';
import { openDatabase, STAGED, type Database, type DatabaseOptions } from './duckdb/database';
import { numberedTransform } from './duckdb/numbered-events';
import { NOTE } from './rule/record-rule';
import { timedTransform } from './rule/row-time';
import { checkRowChecks } from './sql-check/row-check';
import { checkSampleTimes } from './sql-check/sample-times';
import { checkTransform } from './sql-check/transform-check';
import type { LoadedPipeline, ReadPipeline } from './model/loaded-pipeline';
import { checkOutputColumns } from './pipeline/output-columns';
import { PIPELINE_FILE } from './pipeline/pipeline-file';
import { isSamePipeline } from './pipeline/pipeline-version';
import { folderNamed } from './pipeline/pipelines-folder';
import { readPipeline, TRANSFORM_FILE } from './pipeline/read-pipeline';

/** A checked pipeline and the database that holds its tables. The caller closes the database. */
export interface OpenPipeline {
  readonly loaded: LoadedPipeline;
  readonly database: Database;
}

/**
 * Reads and checks a pipeline folder: pipeline.yaml with its checks of rows, transform.sql and the static tables.
 * Throws BAD_PIPELINE, BAD_TRANSFORM or BAD_TABLE with file and line.
 *
 * Tables in S3 and HDFS are left out: `withTablesOf` adds them for those who need them.
 *
 * @param day whose tables are taken. Default: today, as realtime does.
 */
export async function loadPipeline(folder: string, day?: BusinessDate): Promise<LoadedPipeline> {
  return checkPipeline(await readPipeline(folder, day, { stored: false }), folder);
}

/** Of each folder the pipeline that was checked last: a worker needs it for each activity, `--watch` every two seconds. */
const lastChecked = new Map<string, LoadedPipeline>();

/**
 * Checks a pipeline that was read from the folder that the user calls `name`, without the content of tables in S3 and
 * HDFS. If nothing has changed since the last check, that one counts: large tables take minutes to load. Throws the same
 * as `loadPipeline`.
 */
export async function checkPipeline(read: ReadPipeline, name: string): Promise<LoadedPipeline> {
  const last = lastChecked.get(name);
  if (last !== undefined && isSamePipeline(last, read)) return { ...last, ...read };
  const { loaded, database } = await openPipeline(read, name, { emptyUnlessLocal: true });
  database.close();
  lastChecked.set(name, loaded);
  return loaded;
}

/** Like `checkPipeline`, for a caller that uses the tables afterwards: large tables take minutes to load. */
export async function openPipeline(
  read: ReadPipeline,
  name: string,
  options: DatabaseOptions = {},
): Promise<OpenPipeline> {
  const database = await openDatabase(read.pipeline, read.tables, options);
  try {
    return { loaded: await checkIn(database, read, name), database };
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

async function checkIn({ connection }: Database, read: ReadPipeline, name: string): Promise<LoadedPipeline> {
  const { pipeline, transform } = read;
  await connection.run(`CREATE VIEW events AS SELECT * EXCLUDE (${NOTE}) FROM ${STAGED}`);
  const file = join(name, TRANSFORM_FILE);
  const bound = await checkTransform(connection, pipeline, transform, file);
  checkOutputColumns(pipeline, bound.columns, { yaml: join(name, PIPELINE_FILE), transform: file });
  const timed = timedTransform(pipeline, transform, bound, file);
  if (timed !== undefined) await checkSampleTimes(connection, pipeline, timed, file);
  const numbered = await numberedTransform(connection, pipeline, transform, bound, file);
  const digest = digestColumnOf(pipeline);
  const outputColumns = digest === undefined ? bound.columns : [...bound.columns, digest];
  const loaded = { ...read, outputColumns, timedTransform: timed, numberedTransform: numbered };
  await checkRowChecks(connection, loaded, join(name, PIPELINE_FILE));
  return loaded;
}

/** Loads <pipelinesFolder>/<name>. Throws UNKNOWN_PIPELINE with the names of the existing pipelines. */
export async function loadPipelineNamed(
  pipelinesFolder: string,
  name: string,
  day?: BusinessDate,
): Promise<LoadedPipeline> {
  return loadPipeline(await folderNamed(pipelinesFolder, name), day);
}
