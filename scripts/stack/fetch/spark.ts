import { join, resolve } from 'node:path';
import { DaybreakError } from '../../../domain/errors';
import type { SparkProgram } from '../../../engines/spark/spark-program';
import { cached } from './cache';
import { createProgress } from '../progress';
import { runTool } from './run-tool';
import { findPython, findSparkJava, onPath } from './tools';

const VERSION = '4.3.0';

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
  if (own !== undefined && own !== '') return { ...where, sparkSql: join(resolve(own), 'bin', 'spark-sql') };
  const installed = await onPath('spark-sql');
  if (installed !== undefined) return { ...where, sparkSql: installed };
  await findSparkJava();
  const home = await pinnedSpark();
  return { ...where, sparkSql: join(home, 'bin', 'spark-sql'), home };
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
  const folder = await cached(`spark-${VERSION}`, async (staging) => {
    const python = await findPython();
    const progress = createProgress();
    const step = progress.step(`spark ${VERSION}`);
    const fetching = 'fetching 450 MB with pip';
    step.update(fetching);
    try {
      await runTool({
        command: python,
        args: [
          ...['-m', 'pip', 'install', '--no-deps', '--require-hashes', '--no-compile', '--disable-pip-version-check'],
          ...['--target', staging, '--requirement', join(__dirname, 'spark', 'requirements.txt')],
        ],
        purpose: `fetching Spark ${VERSION} with pip`,
        step,
        onLine: () => {
          step.update(fetching);
        },
      });
      step.done('fetched');
    } finally {
      progress.stop();
    }
  });
  return join(folder, 'pyspark');
}
