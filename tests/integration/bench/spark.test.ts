import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fetchedLibraries, pinnedSpark } from '../../../scripts/stack/fetch/spark';
import { tasksWithoutSpark } from '../batch/without-spark';
import { runBench } from './run-bench';

it('builds its day on Spark and with plain PySpark, and prints how they compare', async () => {
  const root = await mkdtemp(join(tmpdir(), 'daybreak-bench-spark-'));
  const [cache, home] = [join(root, 'cache'), join(root, 'spark')];
  // Days and figures are the test's own.
  await mkdir(cache);
  const { folder: libraries } = await fetchedLibraries();
  await symlink(libraries, join(cache, basename(libraries)));
  // Spark takes half a minute to start. It starts once, for PySpark: tests of the engine have Daybreak's tasks on it.
  const tasks = await tasksWithoutSpark(join(root, 'tasks'));
  await mkdir(join(home, 'bin'), { recursive: true });
  await writeFile(
    join(home, 'bin', 'spark-submit'),
    `#!/bin/sh
case " $* " in *pyspark_day.py*) exec env -u SPARK_HOME '${join(await pinnedSpark(), 'bin', 'spark-submit')}' "$@" ;; esac
exec '${tasks.program.sparkSubmit}' "$@"
`,
    { mode: 0o755 },
  );
  try {
    const { code, stdout, stderr } = await runBench('batch/spark', [], {
      ...{ DAYBREAK_CACHE: cache, SPARK_HOME: home },
      ...{ DAYBREAK_BENCH_ROWS: '9600', DAYBREAK_BENCH_ROUNDS: '1' },
    });

    expect(`${code}\n${stderr}`).toMatch(/^0\n/);
    for (const name of [
      'Daybreak on Spark, a quarter of the rows',
      'Daybreak on Spark, every check',
      'PySpark, no check',
    ])
      expect(stdout).toMatch(new RegExp(`^│ ${name} +│ +[\\d.]+ │ +[\\d.]+ │ +\\d+ │ +\\d+ │$`, 'm'));
    expect(stdout).toMatch(/build on Spark ÷ PySpark *│ +\d+\.\d{3} .*(met|MISSED)/);
    expect(stdout).toContain(`written to ${join(cache, 'bench-batch/spark.json')}`);
  } finally {
    await tasks.stop();
    await rm(root, { recursive: true });
  }
});
