import { join } from 'node:path';
import { digestColumnOf } from '../../domain/pipeline';
import { openDatabase, STAGED, type Database, type DatabaseOptions } from '../duckdb/database';
import { storedColumnsSql } from '../duckdb/sql';
import { numberedTransform } from '../duckdb/numbered-events';
import type { LoadedPipeline, ReadPipeline } from '../model/loaded-pipeline';
import { timedTransform } from '../rule/row-time';
import { checkRowChecks } from '../sql-check/row-check';
import { checkSampleTimes } from '../sql-check/sample-times';
import { checkTransform } from '../sql-check/transform-check';
import { checkOutputColumns } from './output-columns';
import { PIPELINE_FILE } from './pipeline-file';
import { TRANSFORM_FILE } from './read-pipeline';

/** A checked pipeline and the database that holds its tables. The caller closes the database. */
export interface OpenPipeline {
  readonly loaded: LoadedPipeline;
  readonly database: Database;
}

/**
 * Checks a pipeline that was read from the folder that the user calls `name`, in a database with its tables. Throws
 * BAD_PIPELINE, BAD_TRANSFORM or BAD_TABLE with file and line.
 */
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
  await connection.run(`CREATE VIEW events AS SELECT ${storedColumnsSql(pipeline)} FROM ${STAGED}`);
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
