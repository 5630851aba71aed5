import { KafkaProducer, KafkaTopics } from '../../../clients/kafka';
import { readConfig } from '../../../worker/config';
import { ShardProcess } from './shard-process';
import { speedPipeline } from './speed-pipeline';
import { until } from '../support/until';

const kafka = { brokers: readConfig().kafka.brokers };
const EVENTS = 200_000;
const PIECE = 5_000;
const HEAP_MEBIBYTES = 128;

afterAll(() => {
  ShardProcess.endAll();
});

it('drains a backlog of records that gzip makes a hundredth of their size in bounded memory', async () => {
  const pipeline = await speedPipeline();
  const topics = await KafkaTopics.connect(kafka);
  const producer = await KafkaProducer.connect(kafka);
  await topics.ensure(
    [pipeline.topic, pipeline.outputTopic, pipeline.deadLetterTopic].map((topic) => ({ topic, partitions: 2 })),
  );
  const hello = 'x'.repeat(1_000);
  for (let id = 0; id < EVENTS;) {
    const partition = (id / PIECE) % 2;
    const messages = Array.from({ length: PIECE }, () => ({
      value: JSON.stringify({ hello, id: id++, time: '2026-11-21 12:00:00' }),
      partition,
    }));
    await producer.send(pipeline.topic, messages);
  }
  const shard = new ShardProcess([`--max-old-space-size=${HEAP_MEBIBYTES}`]);
  const input = { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 600 };
  await shard.go({ ...kafka, pipelines: pipeline.pipelines, input });
  await until('the end of the backlog', () => shard.committed === EVENTS || shard.hasExited);
  await shard.end('SIGTERM');

  expect(shard.committed).toBe(EVENTS);
  // 200 MB of records pass through. The code of Node and DuckDB takes 150 MiB of this limit.
  expect(shard.peakMebibytes).toBeLessThan(640);
  await producer.close();
  await topics.close();
  await pipeline.remove();
});
