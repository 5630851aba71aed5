import type { BusinessDate } from '../domain/business-date';
import type { LoadedPipeline, ReadPipeline } from './model/loaded-pipeline';
import { isSamePipeline } from './pipeline/pipeline-version';
import { folderNamed } from './pipeline/pipelines-folder';
import { readPipeline, readPipelineWith } from './pipeline/read-pipeline';

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

/**
 * The pipeline that was checked last, by its folder and the tables that were read: a worker needs it for each activity,
 * `--watch` every two seconds.
 */
const lastChecked = new Map<string, LoadedPipeline>();

/**
 * Checks a pipeline that was read from the folder that the user calls `name`, without the content of tables in S3 and
 * HDFS. If nothing has changed since the last check, that one counts: large tables take minutes to load. Throws the same
 * as `loadPipeline`.
 */
export async function checkPipeline(read: ReadPipeline, name: string): Promise<LoadedPipeline> {
  const key = JSON.stringify([name, Object.keys(read.tables)]);
  const last = lastChecked.get(key);
  if (last !== undefined && isSamePipeline(last, read)) return { ...last, ...read };
  // Commands that check no pipeline load no DuckDB.
  const { openPipeline } = await import('./pipeline/open-pipeline');
  const { loaded, database } = await openPipeline(read, name, { emptyUnlessLocal: true });
  database.close();
  lastChecked.set(key, loaded);
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

/**
 * The same without any table, for those who need no row of them: a table that is broken or missing does not matter to
 * them. Throws UNKNOWN_PIPELINE, BAD_PIPELINE or BAD_TRANSFORM.
 */
export async function loadPipelineWithoutTables(pipelinesFolder: string, name: string): Promise<LoadedPipeline> {
  const folder = await folderNamed(pipelinesFolder, name);
  return checkPipeline(await readPipelineWith(folder, () => Promise.resolve({})), folder);
}
