import { execFile } from 'node:child_process';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import * as z from 'zod';
import { DaybreakError } from '../../../domain/errors';
import { LIBRARIES, type SparkProgram } from '../../../engines/spark/spark-program';
import { pipInstalled } from './pip-install';
import { findPython, findSparkJava, onPath } from './tools';

const run = promisify(execFile);

const VERSION = '4.3.0';
const REQUIREMENTS = join(__dirname, 'spark');

export interface SparkChoice {
  /** Default: DAYBREAK_SPARK_MASTER, else the master of Spark's own configuration. */
  readonly master?: string | undefined;
  /** Default: the process's environment. DAYBREAK_SPARK_ENVIRONMENT names the variables that Spark also gets. */
  readonly environment?: NodeJS.ProcessEnv;
}

/**
 * The Spark of SPARK_HOME, else the one on the PATH, else a pinned one. The first call fetches the pinned one into the
 * cache. Throws MISSING_TOOL or DOWNLOAD_FAILED.
 */
export async function findSpark({ master, environment = process.env }: SparkChoice = {}): Promise<SparkProgram> {
  const where = {
    ...masterOf(master ?? environment['DAYBREAK_SPARK_MASTER']),
    ...passedOf(environment['DAYBREAK_SPARK_ENVIRONMENT']),
  };
  const own = environment['SPARK_HOME'];
  if (own !== undefined && own !== '') return withLibraries({ ...where, sparkSubmit: submitIn(resolve(own)) });
  const installed = await onPath('spark-submit');
  if (installed !== undefined) return withLibraries({ ...where, sparkSubmit: installed });
  await findSparkJava();
  const home = await pinnedSpark();
  return withLibraries({ ...where, sparkSubmit: submitIn(home), home });
}

function submitIn(home: string): string {
  return join(home, 'bin', 'spark-submit');
}

/** With the libraries that tasks on this machine need. On YARN and Kubernetes tasks run elsewhere. */
async function withLibraries(program: SparkProgram): Promise<SparkProgram> {
  if (/^(?:yarn|k8s:)/.test(program.master ?? '')) return program;
  const libraries = await pinnedLibraries();
  return libraries === undefined ? program : { ...program, libraries };
}

function masterOf(master: string | undefined): Pick<SparkProgram, 'master'> {
  if (master === undefined || master === '') return {};
  if (/^(local(\[[^\]]*\])?|yarn|(spark|k8s):\/\/\S+)$/.test(master)) return { master };
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `the Spark master is '${master}'`,
    remedy: 'Name it as Spark does: local[*], spark://host:7077, yarn or k8s://https://host:443.',
  });
}

/** @param names separated by commas. */
function passedOf(names: string | undefined): Pick<SparkProgram, 'passed'> {
  if (names === undefined || names === '') return {};
  const passed = names.split(',');
  const refused = passed.find((name) => !/^(?!(?:DAYBREAK|DRUID|KAFKA|TEMPORAL)_)[A-Za-z_][A-Za-z0-9_]*$/.test(name));
  if (refused === undefined) return { passed };
  throw new DaybreakError('BAD_CONFIGURATION', {
    what: `DAYBREAK_SPARK_ENVIRONMENT names ${JSON.stringify(refused)}`,
    remedy: "Name variables that Spark needs, with commas between them, and none of Daybreak's own.",
  });
}

/** The home of the Spark inside pyspark. pip verifies pyspark against the pinned hash. */
export async function pinnedSpark(): Promise<string> {
  const folder = await pipInstalled(`spark-${VERSION}`, await findPython(), {
    what: `Spark ${VERSION}`,
    size: '450 MB',
    requirements: join(REQUIREMENTS, 'requirements.txt'),
  });
  return join(folder, 'pyspark');
}

/**
 * A folder with what Spark's tasks need beside Python, for the Python of this machine: see LIBRARIES. The first call
 * fetches it, and pip verifies it against the pinned hashes. Undefined if this Python has it.
 */
async function pinnedLibraries(): Promise<string | undefined> {
  const python = await findPython();
  const { tag, found } = await describePython(python);
  const isComplete = Object.entries(LIBRARIES).every(([name, version]) => found[name] === version);
  return isComplete ? undefined : fetchLibraries(python, tag);
}

/** The same, also if this Python has it. */
export async function fetchedLibraries(): Promise<{ readonly folder: string; readonly tag: string }> {
  const python = await findPython();
  const { tag } = await describePython(python);
  return { folder: await fetchLibraries(python, tag), tag };
}

async function fetchLibraries(python: string, tag: string): Promise<string> {
  if (!/^cp31[1-4]-/.test(tag)) {
    throw new DaybreakError('MISSING_TOOL', {
      what: `Spark's tasks need Python 3.11 to 3.14, and ${python} is ${tag}`,
      remedy: 'Put such a Python first on the PATH, also for executors, or build with the engine duckdb.',
    });
  }
  const versions = Object.entries(LIBRARIES).map(([name, version]) => `${name}-${version}`);
  return pipInstalled(`python-${tag}-${versions.join('-')}`, python, {
    what: 'the libraries of Spark tasks',
    size: '70 MB',
    requirements: join(REQUIREMENTS, 'libraries.txt'),
  });
}

const DESCRIBE = `
import importlib.metadata, json, sys, sysconfig
found = {}
for name in sys.argv[1:]:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps({"tag": "cp%d%d-%s" % (*sys.version_info[:2], sysconfig.get_platform()), "found": found}))`;

const description = z.object({
  /** Such as cp311-linux-x86_64: packages with native parts are of one Python version and platform. */
  tag: z.string(),
  /** Versions by library. */
  found: z.record(z.string(), z.string()),
});

async function describePython(python: string): Promise<z.infer<typeof description>> {
  const { stdout } = await run(python, ['-c', DESCRIBE, ...Object.keys(LIBRARIES)]);
  return description.parse(JSON.parse(stdout));
}
