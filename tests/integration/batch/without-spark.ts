import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { SparkProgram } from '../../../engines/spark/spark-program';
import { fetchedLibraries, pinnedSpark } from '../../../scripts/stack/fetch/spark';

export interface LocalTasks {
  readonly program: SparkProgram;
  stop(): Promise<void>;
}

/**
 * A program that takes the place of spark-submit and runs a build's tasks in one Python, out of order and some of them
 * twice. A build takes a tenth of a second instead of the start of Spark. One build may run at a time.
 */
export async function tasksWithoutSpark(folder: string): Promise<LocalTasks> {
  await mkdir(folder, { recursive: true });
  const [requests, answers] = [join(folder, 'requests'), join(folder, 'answers')];
  execFileSync('mkfifo', [requests, answers]);
  const sparkSubmit = join(folder, 'spark-submit');
  await writeFile(
    sparkSubmit,
    `#!/bin/sh
for last; do plan=$result; result=$last; done
printf '%s\\t%s\\n' "$plan" "$result" > '${requests}'
read -r code < '${answers}'
exit "$code"
`,
    { mode: 0o755 },
  );
  const spark = await pinnedSpark();
  const lib = join(spark, 'python', 'lib');
  const [py4j = ''] = (await readdir(lib)).filter((name) => name.startsWith('py4j'));
  const python = spawn(
    'python3',
    [join(__dirname, 'without_spark.py'), resolve('engines/spark/python'), requests, answers],
    {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        ...process.env,
        PYTHONDONTWRITEBYTECODE: '1',
        SPARK_LOCAL_DIRS: folder, // What a killed Python leaves goes with the folder of the test.
        PYTHONPATH: [(await fetchedLibraries()).folder, dirname(spark), join(lib, py4j)].join(':'),
      },
    },
  );
  return {
    program: { sparkSubmit },
    async stop() {
      if (python.exitCode !== null) return;
      const ended = once(python, 'exit');
      python.kill('SIGKILL');
      await ended;
    },
  };
}
