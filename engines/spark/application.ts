import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { DaybreakError, messageOf } from '../../domain/errors';
import { sparkFailure } from './application-failure';
import { sparkEnvironment } from './environment';
import type { SparkProgram } from './spark-program';

export interface SparkApplication {
  /** The application's name on Spark's own pages. */
  readonly name: string;
  /** Absolute path of the SQL to run. */
  readonly script: string;
  /** Absolute path of a folder for files that Spark leaves in its working folder. */
  readonly scratch: string;
  /** Absolute path of the file for the driver's output. */
  readonly log: string;
  /** The transform's file, for messages. */
  readonly transformFile: string;
  readonly signal: AbortSignal;
}

/**
 * Settings that give the SQL the same meaning in both engines. Where Spark runs, and with which resources, is its own
 * configuration.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.ansi.doubleQuotedIdentifiers': 'true',
  'spark.sql.variable.substitute': 'false',
  'spark.sql.caseSensitive': 'false',
  'spark.sql.session.timeZone': 'UTC',
  // For the files that Spark writes; see SPARK_PARQUET.
  'spark.sql.parquet.compression.codec': 'uncompressed',
  'spark.sql.catalogImplementation': 'in-memory',
  'spark.ui.enabled': 'false',
  'spark.logConf': 'false',
};
const GRACE_MS = 5_000;

/**
 * Runs one Spark application to its end. Throws BAD_TRANSFORM if Spark refuses the SQL, MISSING_TOOL if it cannot
 * start, else ENGINE_FAILED with its last message and the log. An abort ends the driver and every process it started.
 */
export async function runSparkSql(
  { sparkSql, home, master, passed }: SparkProgram,
  { name, script, scratch, log, transformFile, signal }: SparkApplication,
): Promise<void> {
  signal.throwIfAborted();
  const settings = { ...SETTINGS, 'spark.sql.warehouse.dir': `file://${scratch}/warehouse` };
  const output = await open(log, 'w', 0o600);
  let code: number | null;
  try {
    const child = spawn(
      sparkSql,
      [
        ...['--name', name],
        ...(master === undefined ? [] : ['--master', master]),
        ...Object.entries(settings).flatMap(([key, value]) => ['--conf', `${key}=${value}`]),
        ...['-f', script],
      ],
      {
        cwd: scratch,
        detached: true, // A process group, which can be ended as a whole.
        stdio: ['ignore', output.fd, output.fd],
        env: { ...sparkEnvironment(process.env, passed), ...(home !== undefined && { SPARK_HOME: home }) },
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
  if (code !== 0) throw sparkFailure(await readFile(log, 'utf8'), { log, transformFile });
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
