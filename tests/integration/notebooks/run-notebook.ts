import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { pipInstalled } from '../../../scripts/stack/fetch/pip-install';
import { fetchedLibraries, pinnedSpark } from '../../../scripts/stack/fetch/spark';
import { findPython } from '../../../scripts/stack/fetch/tools';

const run = promisify(execFile);
const NOTEBOOKS = resolve(__dirname, '../../../deploy/notebooks');

const endedSchema = z.object({
  /** What the cells have printed and shown, as text. */
  text: z.string(),
  /** The name and the message of the error that ended the notebook. */
  error: z.string().nullable(),
});

export interface JupyterProgram {
  readonly python: string;
  /** The folder with what deploy/notebooks/requirements.txt names. */
  readonly packages: string;
  readonly environment: Readonly<Record<string, string>>;
}

/** JupyterLab as in the image, beside the Spark and the DuckDB of the engines. The first call fetches all three. */
export async function jupyterProgram(): Promise<JupyterProgram> {
  const python = await findPython();
  const requirements = join(NOTEBOOKS, 'requirements.txt');
  const hash = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 16);
  const { folder: libraries, tag } = await fetchedLibraries();
  const packages = await pipInstalled(`notebooks-${tag}-${hash}`, python, {
    what: 'JupyterLab',
    size: '90 MB',
    requirements,
  });
  const spark = dirname(await pinnedSpark());
  return {
    python,
    packages,
    environment: {
      PATH: [dirname(process.execPath), process.env['PATH'] ?? ''].join(delimiter),
      ...(process.env['JAVA_HOME'] !== undefined && { JAVA_HOME: process.env['JAVA_HOME'] }),
      PYTHONPATH: [packages, spark, libraries].join(delimiter),
      // Nothing is written beside the notebooks.
      PYTHONDONTWRITEBYTECODE: '1',
    },
  };
}

/**
 * Executes a notebook of deploy/notebooks with a kernel of its own. `parameters` are set behind its first cell of code.
 * Its environment has nothing of this process but the PATH.
 */
export async function runNotebook(
  name: string,
  environment: Readonly<Record<string, string>>,
  parameters: Readonly<Record<string, string | readonly string[]>> = {},
): Promise<z.infer<typeof endedSchema>> {
  const program = await jupyterProgram();
  const home = await mkdtemp(join(tmpdir(), 'daybreak-notebook-'));
  try {
    const args = [join(__dirname, 'run_notebook.py'), join(NOTEBOOKS, `${name}.ipynb`), JSON.stringify(parameters)];
    const env = { ...program.environment, HOME: home, TMPDIR: home, ...environment };
    const { stdout } = await run(program.python, args, { env, maxBuffer: 16 * 1024 ** 2 });
    return endedSchema.parse(JSON.parse(stdout));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
