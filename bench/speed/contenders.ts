import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { KafkaTopics } from '../../clients/kafka';
import { findJava } from '../../scripts/stack/fetch/tools';
import { ShardProcess } from '../../tests/integration/shard/shard-process';
import type { SpeedPipeline } from '../../tests/integration/shard/speed-pipeline';
import { kafkaStreamsJars, spark } from './artifacts';

/** A program that does the pipeline's work and is measured. */
export interface Contender {
  readonly pids: readonly number[];
  /** Events whose rows are committed. */
  committed(): Promise<number>;
  stop(): Promise<void>;
}

/** Where a contender reads and writes. Each contender writes to an output topic of its own. */
export interface Course {
  readonly brokers: readonly string[];
  readonly pipeline: SpeedPipeline;
  readonly outputTopic: string;
  /** An empty folder. */
  readonly folder: string;
}

/** The speed layer in `processes` processes, each with a heap of 512 MB. */
export async function daybreak({ brokers, pipeline }: Course, processes: number): Promise<Contender> {
  const shards = Array.from({ length: processes }, () => new ShardProcess(['--max-old-space-size=512']));
  for (const [shard, one] of shards.entries()) {
    const input = { pipeline: pipeline.name, shard, shards: processes, maximumSeconds: 3_600 };
    await one.go({ brokers, pipelines: pipeline.pipelines, input });
  }
  return {
    pids: shards.map(({ pid }) => pid),
    committed: () => Promise.resolve(shards.reduce((sum, shard) => sum + shard.committed, 0)),
    async stop() {
      await Promise.all(shards.map((shard) => shard.end('SIGTERM')));
    },
  };
}

/** Kafka Streams, exactly_once_v2, two threads. */
export async function kafkaStreams({ brokers, pipeline, outputTopic, folder }: Course): Promise<Contender> {
  const group = `streams-${pipeline.name}`;
  const child = new Program(await findJava(), [
    '-XX:+UseParallelGC', // For throughput, which the bench compares. The default, G1, is for short pauses.
    ...['-cp', `${await kafkaStreamsJars()}/*`, join(__dirname, 'kafka-streams/EventsNames.java')],
    ...[brokers.join(), pipeline.topic, outputTopic, group, folder, join(pipeline.folder, 'names.ndjson')],
  ]);
  const topics = await KafkaTopics.connect({ brokers });
  return {
    pids: [child.pid],
    async committed() {
      child.failIfEnded();
      return sumOf((await topics.committedOffsets(group, pipeline.topic)).values());
    },
    async stop() {
      await topics.close();
      child.end();
    },
  };
}

/** Spark Structured Streaming on two local threads, at least once. */
export async function sparkStreaming({ brokers, pipeline, outputTopic, folder }: Course): Promise<Contender> {
  const { python, jars } = await spark();
  const child = new Program(python, [
    join(__dirname, 'spark/events_names.py'),
    ...[brokers.join(), pipeline.topic, outputTopic, folder, join(pipeline.folder, 'names.ndjson'), jars.join()],
  ]);
  const topics = await KafkaTopics.connect({ brokers });
  return {
    pids: [child.pid],
    async committed() {
      child.failIfEnded();
      // Without transactions every offset is a row.
      return sumOf((await topics.offsetsOf(outputTopic)).map(({ high }) => high));
    },
    async stop() {
      await topics.close();
      child.end();
    },
  };
}

/** A child process with all processes that it starts. */
class Program {
  readonly #child: ChildProcess;
  #told = '';

  constructor(command: string, args: readonly string[]) {
    // Detached, because Spark's Java is another process in the same group.
    this.#child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#told = (this.#told + text).slice(-TOLD_CHARACTERS);
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  failIfEnded(): void {
    const { exitCode, spawnfile } = this.#child;
    if (exitCode !== null) throw new Error(`${spawnfile} ended with ${exitCode}:\n${this.#told}`);
  }

  end(): void {
    if (this.#child.pid !== undefined && this.#child.exitCode === null) process.kill(-this.#child.pid, 'SIGKILL');
  }
}

const TOLD_CHARACTERS = 4_000;

function sumOf(numbers: Iterable<number>): number {
  return [...numbers].reduce((sum, number) => sum + number, 0);
}
