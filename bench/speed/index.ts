// node --import tsx bench/speed/index.ts [events] [processes]: the speed layer's throughput and latency on a Kafka of its own.
import { KafkaTopics } from '../../clients/kafka';
import { print, printJson } from '../../scripts/output/print';
import { table } from '../../scripts/output/table';
import { KafkaBroker } from '../../tests/integration/speed/kafka-broker';
import { ShardProcess } from '../../tests/integration/speed/shard-process';
import { speedPipeline, type SpeedPipeline } from '../../tests/integration/speed/speed-pipeline';
import { until } from '../../tests/integration/speed/until';
import { type Latency, measureLatency } from './latency';
import { fill, measureThroughput } from './throughput';

const PARTITIONS = 3;
const RATE = 10_000;
const SECONDS = 15;

async function main(): Promise<void> {
  const [events = 1_200_000, processes = 1] = process.argv.slice(2).map(Number);
  const broker = await KafkaBroker.start();
  try {
    const throughput = await withPipeline(broker, async (pipeline) => {
      await fill(broker.brokers, pipeline, events, PARTITIONS);
      return measureThroughput(broker.brokers, pipeline, events, { processes });
    });
    const latency = await withPipeline(broker, (pipeline) => latencyOf(broker, pipeline));
    print(
      table([
        ['', 'events/s', 'CPU s', 'peak MiB', 'p50 ms', 'p99 ms'],
        [
          `Daybreak, ${processes} process(es), exactly once`,
          throughput.eventsPerSecond.toLocaleString('en-US'),
          String(throughput.cpuSeconds),
          String(throughput.peakMebibytes),
          String(latency.p50),
          String(latency.p99),
        ],
      ]),
    );
    printJson({ processes, partitions: PARTITIONS, throughput, latency });
  } finally {
    ShardProcess.endAll();
    await broker.stop();
  }
}

async function latencyOf(broker: KafkaBroker, pipeline: SpeedPipeline): Promise<Latency> {
  const shard = new ShardProcess();
  const input = { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 3_600 };
  await shard.go({ brokers: broker.brokers, pipelines: pipeline.pipelines, input });
  await until('the shard', () => shard.lag === 0);
  return measureLatency(broker.brokers, pipeline, RATE, SECONDS);
}

async function withPipeline<T>(broker: KafkaBroker, call: (pipeline: SpeedPipeline) => Promise<T>): Promise<T> {
  const pipeline = await speedPipeline();
  const topics = await KafkaTopics.connect(broker);
  try {
    await topics.ensure(
      [pipeline.topic, pipeline.outputTopic, pipeline.deadLetterTopic].map((topic) => ({
        topic,
        partitions: PARTITIONS,
      })),
    );
    return await call(pipeline);
  } finally {
    await topics.close();
    await pipeline.remove();
  }
}

void main();
