import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { basename, join, relative, resolve, sep } from 'node:path';
import { DaybreakError, messageOf } from '../domain/errors';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../domain/pipeline';
import { openDatabase, STAGED } from './duckdb/database';
import { NOTE } from './duckdb/record-rule';
import { checkTransform } from './duckdb/transform-check';
import type { LoadedPipeline, PipelineHashes } from './loaded-pipeline';
import { parsePipelineYaml } from './pipeline-yaml';

/**
 * Reads and checks a pipeline folder: pipeline.yaml, transform.sql and the static tables.
 * Throws BAD_PIPELINE, BAD_TRANSFORM or BAD_TABLE with file and line.
 */
export async function loadPipeline(folder: string): Promise<LoadedPipeline> {
  const root = resolve(folder);
  const yamlFile = join(folder, 'pipeline.yaml');
  const pipeline = parsePipelineYaml(await readPart(yamlFile), yamlFile);
  if (pipeline.name !== basename(root)) {
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${yamlFile} is named ${pipeline.name}, but its folder ${basename(root)}`,
      remedy: 'Give both the same name.',
    });
  }
  const transformFile = join(folder, 'transform.sql');
  const text = await readPart(transformFile);
  const transform = text.trimEnd().replace(/;$/, '');
  const tables = await hashTables(pipeline, root);
  const database = await openDatabase(pipeline, root);
  try {
    await database.connection.run(`CREATE VIEW events AS SELECT * EXCLUDE (${NOTE}) FROM ${STAGED}`);
    const outputColumns = await checkTransform(database.connection, pipeline, transform, transformFile);
    checkOutputNames(pipeline, outputColumns, yamlFile);
    const hashes = { transform: sha256(text), settings: sha256(JSON.stringify(rowSettings(pipeline))), tables };
    return { pipeline, folder: root, transform, outputColumns, hashes };
  } finally {
    database.close();
  }
}

/** Loads <pipelinesFolder>/<name>. Throws UNKNOWN_PIPELINE, naming those that exist. */
export async function loadPipelineNamed(pipelinesFolder: string, name: string): Promise<LoadedPipeline> {
  const names = await pipelineNames(pipelinesFolder);
  if (names.includes(name)) return loadPipeline(join(pipelinesFolder, name));
  throw new DaybreakError('UNKNOWN_PIPELINE', {
    what: `there is no pipeline '${name}' in ${pipelinesFolder}`,
    remedy: names.length === 0 ? 'Add a folder with a pipeline.yaml there.' : `Use one of: ${names.join(', ')}.`,
  });
}

/** The pipelines in a folder, by name, in order. */
export async function pipelineNames(pipelinesFolder: string): Promise<string[]> {
  try {
    const files = await readdir(pipelinesFolder, { withFileTypes: true });
    return files
      .filter((file) => file.isDirectory() && !file.name.startsWith('.'))
      .map(({ name }) => name)
      .sort();
  } catch (cause) {
    throw new DaybreakError('BAD_CONFIGURATION', {
      what: `the folder of pipelines ${pipelinesFolder} cannot be read: ${messageOf(cause)}`,
      remedy: 'Set DAYBREAK_PIPELINES to the folder that holds one folder a pipeline.',
      cause,
    });
  }
}

async function readPart(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${file} cannot be read: ${messageOf(cause)}`,
      remedy: 'A pipeline folder holds pipeline.yaml, transform.sql and the files of its tables.',
      cause,
    });
  }
}

async function hashTables(pipeline: Pipeline, root: string): Promise<PipelineHashes['tables']> {
  const hashes: Record<string, string> = {};
  for (const [name, { file }] of Object.entries(pipeline.tables)) {
    const path = resolve(root, file);
    if (relative(root, path).split(sep)[0] === '..') {
      throw new DaybreakError('BAD_TABLE', {
        what: `the file ${file} of the table ${name} lies outside the pipeline folder ${root}`,
        remedy: 'Move it into the folder.',
      });
    }
    try {
      hashes[name] = sha256(await readFile(path));
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

function checkOutputNames(pipeline: Pipeline, columns: readonly OutputColumn[], file: string): void {
  const names = columns.map(({ name }) => name);
  const wanted = {
    'kafka.key': pipeline.kafka.key,
    'druid.timeColumn': outputTimeColumnOf(pipeline),
    ...(pipeline.matchColumn !== undefined && { matchColumn: pipeline.matchColumn }),
  };
  for (const [setting, column] of Object.entries(wanted)) {
    if (names.includes(column)) continue;
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${file}: ${setting} is ${column}, which the transform does not give`,
      remedy: `Name one of its output columns: ${names.join(', ')}.`,
    });
  }
}

/** What of pipeline.yaml decides which rows a day has. */
function rowSettings({ timeZone, events, tables, matchColumn, files }: Pipeline): unknown {
  return { timeZone, events, tables, matchColumn, files };
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
