import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { killTree } from '../support/process-tree';

export interface SparkCluster {
  /** Such as spark://127.0.0.1:40123. */
  readonly master: string;
  /** Where executors keep what they do not hold in memory. Each removes its own when it ends. */
  readonly scratch: string;
  /** For programs that submit to the cluster. */
  readonly environment: Readonly<Record<string, string>>;
  /** Kills a worker with its executor and their tasks, and starts another one. */
  killWorker(): Promise<void>;
  stop(): Promise<void>;
}

const LOCAL = '127.0.0.1';
/** Spark runs no two attempts of a task on one host. */
const WORKER_HOSTS = ['127.0.0.2', '127.0.0.3'] as const;

/**
 * Starts a standalone master and a worker of one core on each of WORKER_HOSTS, of the Spark at `home`, on free ports.
 * Their files are in `folder`.
 */
export async function startSparkCluster(home: string, folder: string): Promise<SparkCluster> {
  const configuration = join(folder, 'conf');
  const scratch = join(folder, 'scratch');
  await mkdir(configuration, { recursive: true });
  await mkdir(scratch);
  await writeFile(
    join(configuration, 'spark-defaults.conf'),
    [
      `spark.driver.host ${LOCAL}`,
      `spark.driver.bindAddress ${LOCAL}`,
      'spark.driver.memory 512m',
      'spark.executor.memory 512m',
      'spark.sql.shuffle.partitions 4',
      '',
    ].join('\n'),
  );
  const environment = { SPARK_CONF_DIR: configuration, SPARK_LOCAL_IP: LOCAL, SPARK_DAEMON_MEMORY: '256m' };
  const processes: ChildProcess[] = [];
  const start = async (
    kind: 'master.Master' | 'worker.Worker',
    host: string,
    { args, sign }: { readonly args: readonly string[]; readonly sign: RegExp },
  ) => {
    const child = spawn(
      join(home, 'bin', 'spark-class'),
      [`org.apache.spark.deploy.${kind}`, '--host', host, '--port', '0', '--webui-port', '0', ...args],
      {
        cwd: folder,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: {
          ...process.env,
          ...environment,
          SPARK_LOCAL_IP: host,
          SPARK_HOME: home,
          TMPDIR: scratch,
          SPARK_LOCAL_DIRS: scratch,
        },
      },
    );
    processes.push(child);
    return { child, found: await lineOf(child, sign) };
  };
  const { found: master } = await start('master.Master', LOCAL, {
    args: [],
    sign: /Starting Spark master at (spark:\S+)/,
  });
  const startWorker = async (host: string): Promise<ChildProcess> => {
    const args = ['--cores', '1', '--memory', '1g', '--work-dir', join(folder, 'work'), master];
    return (await start('worker.Worker', host, { args, sign: /Successfully registered with master (\S+)/ })).child;
  };
  const [kept, killed] = WORKER_HOSTS;
  await startWorker(kept);
  let worker = await startWorker(killed);
  return {
    master,
    scratch,
    environment,
    async killWorker() {
      if (worker.pid !== undefined) await killTree(worker.pid);
      worker = await startWorker(killed);
    },
    async stop() {
      for (const child of processes.reverse()) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }
    },
  };
}

/** Waits for a line of the log. The log is read further afterwards, so that the process never waits for us. */
function lineOf({ stderr, exitCode }: ChildProcess, sign: RegExp): Promise<string> {
  if (stderr === null) throw new Error(`no log; ended with ${String(exitCode)}`);
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    createInterface({ input: stderr })
      .on('line', (line) => {
        said.push(line);
        const [, found] = sign.exec(line) ?? [];
        if (found !== undefined) resolve(found);
      })
      .on('close', () => {
        reject(new Error(said.slice(-10).join('\n')));
      });
  });
}
