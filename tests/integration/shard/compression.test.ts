import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { KafkaTopics, readTopic } from '../../../clients/kafka';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../../scripts/stack/progress';
import { findJava } from '../../../scripts/stack/fetch/tools';
import { readConfig } from '../../../worker/config';

const kafka = { brokers: readConfig().kafka.brokers };

describe('records that a Java producer compressed', () => {
  // Long and short texts, so that snappy needs several blocks.
  const texts = Array.from({ length: 3_000 }, (_, id) => `${id} ${'서울 ssm-seoul '.repeat(id % 30)}`);

  it.each(['none', 'gzip', 'snappy', 'lz4', 'zstd'])('are read back with %s', async (codec) => {
    const topic = `compression-${codec}-${process.pid}-${Date.now()}`;
    const topics = await KafkaTopics.connect(kafka);
    await topics.ensure([{ topic, partitions: 1 }]);
    await produce(topic, codec);
    const read: string[] = [];
    for await (const { record } of readTopic(kafka, topic, await topics.offsetsOf(topic))) {
      read.push(record.value?.toString() ?? '');
    }
    await topics.close();
    expect(read).toEqual(texts);
  });

  async function produce(topic: string, codec: string): Promise<void> {
    const child = spawn(
      await findJava(),
      [
        ...['-XX:+UseSerialGC', '-Dfile.encoding=UTF-8', '-cp', `${await artifactsOf(silentProgress).kafka()}/*`],
        'org.apache.kafka.tools.ConsoleProducer',
        ...['--bootstrap-server', kafka.brokers.join(), '--topic', topic, '--compression-codec', codec],
        ...['--batch-size', '200000', '--command-property', 'linger.ms=500'],
      ],
      { stdio: ['pipe', 'ignore', 'inherit'] },
    );
    child.stdin.end(`${texts.join('\n')}\n`);
    expect(await once(child, 'exit')).toEqual([0, null]);
  }
});
