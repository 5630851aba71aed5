import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';

const TEMPLATE = join(__dirname, 'template');
const PACKAGE = join(__dirname, '../..');
const PIPELINE = 'pipelines/events';

/** Texts by their paths in the repository. */
export type RepositoryFiles = ReadonlyMap<string, string>;

/**
 * The files of a repository of pipelines, with the pipeline `events`.
 *
 * @param folder the repository's folder, absolute. It gives the repository its name.
 * @param dependency which Daybreak it depends on, as package.json has it.
 */
export async function repositoryFiles(folder: string, dependency: string): Promise<RepositoryFiles> {
  const files = new Map([['package.json', manifest(nameOf(folder), dependency)]]);
  for (const file of await filesIn(TEMPLATE)) {
    // npm leaves a .gitignore out of a package.
    files.set(file === 'gitignore' ? '.gitignore' : file, await readFile(join(TEMPLATE, file), 'utf8'));
  }
  for (const file of await filesIn(join(PACKAGE, PIPELINE))) {
    const text = await readFile(join(PACKAGE, PIPELINE, file), 'utf8');
    files.set(`${PIPELINE}/${file}`, text.replace('=../../docs/', '=../../node_modules/daybreak/docs/'));
  }
  files.set('.env.example', ownVariables(await readFile(join(PACKAGE, '.env.example'), 'utf8')));
  return new Map([...files].sort());
}

function manifest(name: string, dependency: string): string {
  const content = {
    ...{ name, version: '0.0.0', private: true },
    scripts: {
      test: 'node --test',
      demo: 'daybreak demo',
      up: 'daybreak up',
      worker: 'daybreak worker',
      down: 'daybreak down',
    },
    dependencies: { daybreak: dependency },
  };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/** The folder's name as npm allows it. npm does not install a package into one of the same name. */
function nameOf(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+/, '');
  return ['', 'daybreak', 'node_modules'].includes(name) ? 'pipelines' : name;
}

/** All but the variables of the containers, which only a checkout has. */
function ownVariables(example: string): string {
  const head =
    '# Copy it to .env, take the # away where something else than the default is wanted, and load it: set -a; . ./.env';
  const [, ...sections] = example.split(/^(?=# --- )/m);
  const own = sections.filter((section) => !section.startsWith('# --- The containers '));
  return `${head}\n# Every NAME_FILE is a path that holds the secret instead of NAME; only one of the two may be set.\n\n${own.join('')}`;
}

/** Relative paths of the files below a folder, in order. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => join(parentPath, name).slice(folder.length + 1)).sort();
}
