import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { OutputColumn, Pipeline } from '../../../domain/pipeline';
import type { ComposeFile, Project } from './compose-project';

/** Files by path, relative to the repository. The check knows nothing else of the file system. */
export type Files = ReadonlyMap<string, string>;

/** What deploy/ must match. */
export interface Expected {
  readonly pipeline: Pipeline;
  readonly outputColumns: readonly OutputColumn[];
  readonly searchAttributes: readonly string[];
}

export interface Deployment extends Expected {
  readonly files: Files;
  readonly compose: ComposeFile;
  /** The same with a shell that exports every variable which the file reads and .env.example leaves open. */
  readonly fromShell: Project;
}

/** Finds problems; each problem names the place and the cause. */
export type Check = (deployment: Deployment) => string[];

export function textOf({ files }: Pick<Deployment, 'files'>, path: string): string {
  const text = files.get(path);
  if (text === undefined) throw new Error(`there is no ${path}`);
  return text;
}

/** Whether the file exists, or the folder exists and has a file in it. */
export function isThere(files: Files, path: string): boolean {
  return files.has(path) || [...files.keys()].some((file) => file.startsWith(`${path}/`));
}

const ROOTS = ['deploy', 'pipelines', 'scripts/stack', 'worker'];
const TOP = ['docker-compose.yml', '.env.example', '.dockerignore', 'package.json', 'package-lock.json'];

/** The files of the repository that a deployment consists of. */
export function readFiles(root: string): Map<string, string> {
  const found = ROOTS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  );
  return new Map([...TOP, ...found].map((file) => [file, readFileSync(join(root, file), 'utf8')]));
}
