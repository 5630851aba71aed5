import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type * as z from 'zod';
import { DaybreakError, hasCode, messageOf } from '../../domain/errors';
import { sparkFailure, taskFailure } from './application-failure';
import { dayResult, type ReadItem, type WrittenPart } from './day-result';
import { sparkEnvironment } from './environment';
import { UNPACKED_LIBRARIES, type SparkProgram } from './spark-program';

export interface SparkApplication {
  /** The application's name on Spark's own pages. */
  readonly name: string;
  /** Absolute path of the plan for python/day_build.py. */
  readonly plan: string;
  /** Absolute path of the file for what it built. */
  readonly result: string;
  /** Absolute path of a folder for files that Spark leaves in its working folder. */
  readonly scratch: string;
  /** Absolute path of the file for the driver's output. */
  readonly log: string;
  readonly signal: AbortSignal;
}

/** Where Spark runs, and with which resources, is its own configuration. */
const SETTINGS: Readonly<Record<string, string>> = {
  'spark.ui.enabled': 'false',
  'spark.logConf': 'false',
};
const PROGRAM = join(__dirname, 'python', 'day_build.py');
const GRACE_MS = 5_000;

/**
 * Runs one Spark application to its end. Throws MISSING_TOOL if it cannot start or a task lacks a library,
 * UNREADABLE_INPUT if a task cannot read a file, else ENGINE_FAILED with the last message and the log. An abort ends the
 * driver and every process it started.
 */
export async function runSpark(
  { sparkSubmit, home, libraries, master, passed }: SparkProgram,
  { name, plan, result, scratch, log, signal }: SparkApplication,
): Promise<{ readonly read: readonly ReadItem[]; readonly written: readonly WrittenPart[] }> {
  signal.throwIfAborted();
  await rm(result, { force: true });
  const environment = sparkEnvironment(process.env, passed);
  const python = [libraries, UNPACKED_LIBRARIES, environment['PYTHONPATH']].filter((path) => path !== undefined);
  const settings = { ...SETTINGS, 'spark.executorEnv.PYTHONPATH': python.join(':') };
  const output = await open(log, 'w', 0o600);
  let code: number | null;
  try {
    const child = spawn(
      sparkSubmit,
      [
        ...['--name', name],
        ...(master === undefined ? [] : ['--master', master]),
        // The driver reads the plan and writes the result where the build does, whatever Spark's own configuration says.
        ...['--deploy-mode', 'client'],
        ...Object.entries(settings).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
        ...[PROGRAM, plan, result],
      ],
      {
        cwd: scratch,
        detached: true, // A process group, which can be ended as a whole.
        stdio: ['ignore', output.fd, output.fd],
        env: {
          // With a local master tasks keep what does not fit into memory there. The system's folder may be small.
          ...{ TMPDIR: scratch, SPARK_LOCAL_DIRS: scratch },
          ...environment,
          // Python would write beside the program, where this user may not write.
          PYTHONDONTWRITEBYTECODE: '1',
          ...(home !== undefined && { SPARK_HOME: home }),
        },
      },
    );
    code = await endOf(child, signal);
  } catch (cause) {
    throw new DaybreakError('MISSING_TOOL', {
      what: `Spark cannot be started: ${messageOf(cause)}`,
      remedy: 'Set SPARK_HOME to a Spark installation, or unset it for the one that Daybreak fetches.',
      cause,
    });
  } finally {
    await output.close();
  }
  signal.throwIfAborted();
  const found = code === 0 ? await resultIn(result) : undefined;
  if (found === undefined) throw sparkFailure(await readFile(log, 'utf8'), log);
  if ('failure' in found) throw taskFailure(found.failure, log);
  return found;
}

/** Undefined if the driver wrote none. */
async function resultIn(path: string): Promise<z.infer<typeof dayResult> | undefined> {
  try {
    return dayResult.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch (thrown) {
    if (hasCode(thrown, 'ENOENT')) return undefined;
    throw thrown;
  }
}

/** The exit code; null if a signal ended the process. Throws if the process cannot be started. */
async function endOf(child: ChildProcess, signal: AbortSignal): Promise<number | null> {
  let kill: NodeJS.Timeout | undefined;
  const stop = (): void => {
    signalGroup(child, 'SIGTERM');
    kill = setTimeout(() => {
      signalGroup(child, 'SIGKILL');
    }, GRACE_MS);
  };
  const stopAtOnce = (): void => {
    signalGroup(child, 'SIGKILL');
  };
  signal.addEventListener('abort', stop, { once: true });
  process.once('exit', stopAtOnce);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', resolve);
    });
  } finally {
    clearTimeout(kill);
    signal.removeEventListener('abort', stop);
    process.off('exit', stopAtOnce);
    // The driver has ended. This also ends processes that it started and left behind.
    if (signal.aborted) signalGroup(child, 'SIGKILL');
  }
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // The process has already ended.
  }
}
