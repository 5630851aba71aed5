// node --import tsx bench/speed/index.ts [events] [processes] [contender …]: the speed layer beside Kafka Streams and
// Spark Structured Streaming on a Kafka of its own. Contenders: daybreak, streams, spark; default: all. Linux only.
// DAYBREAK_BENCH_RATE (default 10000) and DAYBREAK_BENCH_SECONDS (default 15) set the load for the latency measurement.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaTopics } from '../../clients/kafka';
import { print, printJson, progress } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { KafkaBroker } from '../../tests/integration/shard/kafka-broker';
import { ShardProcess } from '../../tests/integration/shard/shard-process';
import { speedPipeline, type SpeedPipeline } from '../../tests/integration/shard/speed-pipeline';
import { until } from '../../tests/integration/support/until';
import { kafkaStreamsJars, spark } from './artifacts';
import { type Contender, type Course, daybreak, kafkaStreams, sparkStreaming } from './contenders';
import { type Latency, measureLatency } from './latency';
import { fill, measureThroughput, type Throughput } from './throughput';

const PARTITIONS = 3;
const RATE = Number(process.env['DAYBREAK_BENCH_RATE'] ?? 10_000);
const SECONDS = Number(process.env['DAYBREAK_BENCH_SECONDS'] ?? 15);
/** The broker's clock says when a record was appended. */
const APPEND_TIME = { 'message.timestamp.type': 'LogAppendTime' };

interface Result {
  readonly name: string;
  readonly throughput: Throughput;
  readonly latency?: Latency;
}

async function main(): Promise<void> {
  const [events = 1_200_000, processes = 1] = process.argv.slice(2, 4).map(Number);
  const wanted = process.argv.length > 4 ? process.argv.slice(4) : ['daybreak', 'streams', 'spark'];
  // Downloads, if any, come before the measurement.
  if (wanted.includes('streams')) await kafkaStreamsJars();
  if (wanted.includes('spark')) await spark();
  const broker = await KafkaBroker.start();
  try {
    const results = await withPipeline(broker, async (pipeline) => {
      await fill(broker.brokers, pipeline.topic, events, PARTITIONS);
      const measure = async (
        name: string,
        outputTopic: string,
        start: (course: Course) => Promise<Contender>,
      ): Promise<Result> => {
        progress(name);
        await ensureTopics(broker, [outputTopic], APPEND_TIME);
        const folder = await mkdtemp(join(tmpdir(), 'daybreak-bench-'));
        try {
          const course = { brokers: broker.brokers, pipeline, outputTopic, folder };
          return { name, throughput: await measureThroughput(course, () => start(course), events) };
        } finally {
          await rm(folder, { recursive: true, force: true });
        }
      };
      const measured: Result[] = [];
      if (wanted.includes('daybreak')) {
        const name = `Daybreak, ${processes} process(es), exactly once`;
        measured.push(await measure(name, pipeline.outputTopic, (course) => daybreak(course, processes)));
      }
      if (wanted.includes('streams')) {
        measured.push(await measure('Kafka Streams 4.3.1, exactly_once_v2', `${pipeline.name}-streams`, kafkaStreams));
      }
      if (wanted.includes('spark')) {
        measured.push(await measure('Spark 4.2.0, at least once', `${pipeline.name}-spark`, sparkStreaming));
      }
      return measured;
    });
    const latency = wanted.includes('daybreak')
      ? await withPipeline(broker, (pipeline) => latencyOf(broker, pipeline))
      : undefined;
    print(table([HEAD, ...results.map(({ name, throughput }) => cells(name, throughput))]));
    print(ratios(results));
    if (latency !== undefined) {
      print(`Daybreak's latency at ${RATE} events a second: p50 ${latency.p50} ms, p99 ${latency.p99} ms`);
    }
    printJson({ events, partitions: PARTITIONS, results, latency });
  } finally {
    ShardProcess.endAll();
    await broker.stop();
  }
}

const HEAD = ['', 'events/s', 'rows', 'CPU s', 'peak MiB', 'CPU s of others'];

function cells(name: string, throughput: Throughput): string[] {
  const { eventsPerSecond, rows, cpuSeconds, peakMebibytes, othersCpuSeconds } = throughput;
  return [
    name,
    eventsPerSecond.toLocaleString('en-US'),
    ...[rows, cpuSeconds, peakMebibytes, othersCpuSeconds].map(String),
  ];
}

/** How many times the first contender's events a second are those of each other contender. */
function ratios([first, ...others]: readonly Result[]): string {
  return others
    .map(({ name, throughput }) => {
      const ratio = (first?.throughput.eventsPerSecond ?? NaN) / throughput.eventsPerSecond;
      return `${ratio.toFixed(2)} of ${name}`;
    })
    .join('\n');
}

async function latencyOf(broker: KafkaBroker, pipeline: SpeedPipeline): Promise<Latency> {
  const shard = new ShardProcess();
  const input = { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 3_600 };
  await shard.go({ brokers: broker.brokers, pipelines: pipeline.pipelines, input });
  await until('the shard', () => shard.lag === 0);
  const latency = await measureLatency(broker.brokers, pipeline, RATE, SECONDS);
  await shard.end('SIGTERM');
  return latency;
}

async function withPipeline<T>(broker: KafkaBroker, call: (pipeline: SpeedPipeline) => Promise<T>): Promise<T> {
  const pipeline = await speedPipeline();
  try {
    await ensureTopics(broker, [pipeline.deadLetterTopic]);
    await ensureTopics(broker, [pipeline.topic, pipeline.outputTopic], APPEND_TIME);
    return await call(pipeline);
  } finally {
    await pipeline.remove();
  }
}

async function ensureTopics(
  broker: KafkaBroker,
  names: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<void> {
  const topics = await KafkaTopics.connect(broker);
  try {
    await topics.ensure(names.map((topic) => ({ topic, partitions: PARTITIONS, settings })));
  } finally {
    await topics.close();
  }
}

void main();
