import { spawn, type ChildProcess } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { DaybreakError, messageOf } from '../../domain/errors';
import { sparkFailure } from './application-failure';
import { sparkEnvironment } from './environment';
import type { SparkProgram } from './spark-program';

export interface SparkApplication {
  /** What Spark's own pages call it. */
  readonly name: string;
  /** Absolute path of the SQL to run. */
  readonly script: string;
  /** Absolute path of a folder for what Spark leaves behind in its working folder. */
  readonly scratch: string;
  /** Absolute path of the file that gets what the driver says. */
  readonly log: string;
  /** Of the transform, for messages. */
  readonly transformFile: string;
  readonly signal: AbortSignal;
}

/** The same SQL has to mean the same in both engines; where Spark runs, and with how much, is its own configuration. */
const SETTINGS: Readonly<Record<string, string>> = {
  'spark.sql.ansi.enabled': 'true',
  'spark.sql.ansi.doubleQuotedIdentifiers': 'true',
  'spark.sql.variable.substitute': 'false',
  'spark.sql.caseSensitive': 'false',
  'spark.sql.session.timeZone': 'UTC',
  // As SPARK_PARQUET, for what comes back.
  'spark.sql.parquet.compression.codec': 'uncompressed',
  'spark.sql.catalogImplementation': 'in-memory',
  'spark.ui.enabled': 'false',
  'spark.logConf': 'false',
};
const GRACE_MS = 5_000;

/**
 * Runs one Spark application to its end. Throws BAD_TRANSFORM where Spark refuses the SQL, MISSING_TOOL where it cannot
 * start, else ENGINE_FAILED with its last words and the log. An abort ends the driver and every process it started.
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

/** The exit code; null where a signal ended it. Throws where the process cannot be started. */
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
    // The driver is gone, and so is whatever it started and left behind.
    if (signal.aborted) signalGroup(child, 'SIGKILL');
  }
}

function signalGroup({ pid }: ChildProcess, name: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, name);
  } catch {
    // It is gone already.
  }
}
