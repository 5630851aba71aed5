import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from '../../scripts/stack/fetch/cache';
import { createProgress, type Step } from '../../scripts/stack/progress';
import { runTool } from '../../scripts/stack/fetch/run-tool';
import { findMaven } from '../../scripts/stack/fetch/tools';

const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** The folder of Kafka Streams' jars, fetched once. Throws MISSING_TOOL or DOWNLOAD_FAILED. */
export function kafkaStreamsJars(): Promise<string> {
  return fetched('bench-kafka-streams-4.3.1', (folder, step) => copyJars('kafka-streams', folder, step));
}

/** A Python with pyspark, and the jars of Spark's Kafka source, fetched once. Throws MISSING_TOOL or DOWNLOAD_FAILED. */
export async function spark(): Promise<{ readonly python: string; readonly jars: readonly string[] }> {
  const folder = await fetched('bench-spark-4.2.0', async (staging, step) => {
    await copyJars('spark', join(staging, 'jars'), step);
    await run('python3', ['-m', 'venv', join(staging, 'python')], step);
    const requirements = join(__dirname, 'spark', 'requirements.txt');
    await run(join(staging, 'python/bin/python'), ['-m', 'pip', 'install', '--requirement', requirements], step);
  });
  const jars = await readdir(join(folder, 'jars'));
  return { python: join(folder, 'python/bin/python'), jars: jars.map((jar) => join(folder, 'jars', jar)) };
}

function fetched(name: string, fill: (folder: string, step: Step) => Promise<void>): Promise<string> {
  return cached(name, async (staging) => {
    const progress = createProgress();
    const step = progress.step(name);
    try {
      await fill(staging, step);
      step.done('fetched');
    } finally {
      progress.stop();
    }
  });
}

async function copyJars(name: string, folder: string, step: Step): Promise<void> {
  const pom = join(__dirname, name, 'pom.xml');
  const options = ['--batch-mode', '--strict-checksums', '--file', pom];
  await run(await findMaven(), [...options, COPY, `-DoutputDirectory=${folder}`, '-DincludeScope=runtime'], step);
}

async function run(command: string, args: readonly string[], step: Step): Promise<void> {
  const purpose = `fetching what bench/speed measures against with ${command}`;
  await runTool({ command, args, purpose, step, onLine: () => undefined });
}
