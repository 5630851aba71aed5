import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { DaybreakError, messageOf } from '../domain/errors';
import type { Pipeline } from '../domain/pipeline';
import { isWithin, regularFileWithin } from './contained';
import type { PipelineHashes, ReadPipeline } from './loaded-pipeline';
import { parsePipelineYaml } from './pipeline-yaml';

export const PIPELINE_FILE = 'pipeline.yaml';
export const TRANSFORM_FILE = 'transform.sql';

/** Reads a pipeline folder and checks its settings, but not its SQL. Throws BAD_PIPELINE or BAD_TABLE. */
export async function readPipeline(folder: string): Promise<ReadPipeline> {
  const root = resolve(folder);
  const yamlFile = join(folder, PIPELINE_FILE);
  const pipeline = parsePipelineYaml(await readPart(folder, yamlFile), yamlFile);
  if (pipeline.name !== basename(root)) {
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${yamlFile} is named ${pipeline.name}, but its folder ${basename(root)}`,
      remedy: 'Give both the same name.',
    });
  }
  const text = await readPart(folder, join(folder, TRANSFORM_FILE));
  const tables = await hashTables(pipeline, root);
  const hashes = { transform: sha256(text), settings: sha256(JSON.stringify(rowSettings(pipeline))), tables };
  return { pipeline, folder: root, transform: text.trimEnd().replace(/;$/, ''), hashes };
}

async function readPart(folder: string, file: string): Promise<string> {
  try {
    return await readFile(await regularFileWithin(folder, file), 'utf8');
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
    if (!isWithin(root, path)) {
      throw new DaybreakError('BAD_TABLE', {
        what: `the file ${file} of the table ${name} lies outside the pipeline folder ${root}`,
        remedy: 'Move it into the folder.',
      });
    }
    try {
      hashes[name] = sha256(await readFile(await regularFileWithin(root, path)));
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

/** What of pipeline.yaml decides which rows a day has. A newer setting counts only where it is not at its default. */
function rowSettings({ timeZone, events, tables, matchColumn, files }: Pipeline): unknown {
  const { pattern, reachHours, timeZone: filesTimeZone } = files;
  const naming = { pattern, timeZone: filesTimeZone, ...(reachHours !== 1 && { reachHours }) };
  return { timeZone, events, tables, matchColumn, files: naming };
}

function sha256(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}
