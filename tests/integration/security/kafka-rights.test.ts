import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LivePipeline } from '../../../activities/speed/live-pipeline';
import { Shard } from '../../../activities/speed/shard';
import { countTopic, KafkaProducer, KafkaTopics, PartitionSession, type KafkaOptions } from '../../../clients/kafka';
import { artifactsOf } from '../../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../../scripts/stack/progress';
import { propertiesText } from '../../../scripts/stack/servers/java';
import { findJava } from '../../../scripts/stack/fetch/tools';
import { speedPipeline, type SpeedPipeline } from '../shard/speed-pipeline';
import { endAll } from '../support/end-all';
import { freePortBase } from '../support/test-stacks';
import { until } from '../support/until';
import { startOwnKafka } from './own-kafka';
import type { RunningServer } from './running-server';

const USERS = ['admin', 'daybreak', 'druid'] as const;
const PLAIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required';
const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const events = [
  '{"hello":"a","id":1,"time":"2026-11-21 12:00:00"}',
  'bad',
  '{"hello":"b","id":2,"time":"2026-11-21 12:00:01"}',
];

let directory: string;
let broker: RunningServer;
let address: string;
let pipeline: SpeedPipeline;
let admin: KafkaTopics;

const as = (username: (typeof USERS)[number]): KafkaOptions => ({
  brokers: [address],
  sasl: { mechanism: 'plain', username, password: `of-${username}` },
});

/** A broker on which everyone except `admin` may do only what an ACL allows. */
function startBroker(port: number): Promise<RunningServer> {
  const users = USERS.map((user) => `user_${user}="of-${user}"`).join(' ');
  return startOwnKafka(directory, port, {
    listener: 'SASL_PLAINTEXT',
    settings: {
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.sasl_plaintext.plain.sasl.jaas.config': `${PLAIN} username="admin" password="of-admin" ${users};`,
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // The controller's listener does not authenticate its clients here.
      'super.users': 'User:admin;User:ANONYMOUS',
    },
  });
}

/** Runs the lines of the page, with the topics of this test. */
async function giveDocumentedRights(): Promise<void> {
  const config = join(directory, 'admin.properties');
  const jaas = `${PLAIN} username="admin" password="of-admin";`;
  await writeFile(
    config,
    propertiesText({ 'security.protocol': 'SASL_PLAINTEXT', 'sasl.mechanism': 'PLAIN', 'sasl.jaas.config': jaas }),
  );
  const page = await readFile('docs/security.md', 'utf8');
  const lines = [...page.matchAll(/^kafka-acls\.sh (.*)$/gm)].map(([, line = '']) => line);
  expect(lines.length).toBeGreaterThan(4);
  const topics: Readonly<Record<string, string>> = {
    events: pipeline.topic,
    events_names: pipeline.outputTopic,
    events_dlq: pipeline.deadLetterTopic,
  };
  const classPath = `${await artifactsOf(silentProgress).kafka()}/*`;
  for (const line of lines) {
    const args = line
      .replace('"$KAFKA_BROKERS"', address)
      .replace('admin.properties', config)
      .replace(/--topic (\S+)/, (_, topic: string) => `--topic ${topics[topic] ?? topic}`)
      .split(' ');
    await promisify(execFile)(await findJava(), ['-cp', classPath, 'org.apache.kafka.tools.AclCommand', ...args]);
  }
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'daybreak-rights-'));
  const port = await freePortBase();
  address = `127.0.0.1:${port}`;
  broker = await startBroker(port);
  pipeline = await speedPipeline();
  admin = await until('Kafka', () => {
    if (broker.isOver()) throw new Error('Kafka ended before it answered');
    return KafkaTopics.connect(as('admin')).catch(() => undefined);
  });
  const names = [pipeline.topic, pipeline.outputTopic, pipeline.deadLetterTopic, 'of-others'];
  await admin.ensure(names.map((topic) => ({ topic, partitions: 1 })));
  const producer = await KafkaProducer.connect(as('admin'));
  await producer.send(
    pipeline.topic,
    events.map((value) => ({ value })),
  );
  await producer.close();
});

afterAll(() =>
  endAll(
    () => admin.close(),
    () => pipeline.remove(),
    () => broker.stop(),
    () => rm(directory, { recursive: true }),
  ),
);

/** Runs a shard as `daybreak` until the end of the topic. */
async function runShard(): Promise<void> {
  const folders = { pipelines: pipeline.pipelines, data: join(directory, 'data'), logger: silent };
  const transform = await LivePipeline.open(folders, pipeline.name);
  const input = { pipeline: pipeline.name, shard: 0, shards: 1, maximumSeconds: 600 };
  const shard = new Shard({ kafka: as('daybreak'), pipeline: transform.pipeline, input, transform, logger: silent });
  const stop = new AbortController();
  const done = shard.run(stop.signal).finally(() => transform.close());
  let isOver = false;
  const over = done.finally(() => (isOver = true));
  const isDone = (): boolean => isOver || shard.progress.partitions[0]?.offset === events.length;
  await Promise.race([over, until('every event', isDone)]);
  stop.abort();
  await done;
}

const committed = (user: (typeof USERS)[number], topic: string): Promise<number> =>
  countTopic(as(user), topic, [{ partition: 0, low: 0, high: 10 }]);

it('is refused without rights, by a code', async () => {
  await expect(runShard()).rejects.toMatchObject({ code: 'KAFKA_REFUSED' });
});

it('goes its whole way with the rights of the page, and no further', async () => {
  await giveDocumentedRights();
  await runShard();
  expect(await committed('druid', pipeline.outputTopic)).toBe(2);
  expect(await committed('daybreak', pipeline.deadLetterTopic)).toBe(1);

  const foreign = { topic: 'of-others', partition: 0, group: 'daybreak.x', transactionalId: 'daybreak.x', outputs: [] };
  await expect(PartitionSession.open(as('daybreak'), foreign)).rejects.toMatchObject({ code: 'KAFKA_REFUSED' });
  await expect(committed('druid', pipeline.topic)).rejects.toMatchObject({ code: 'KAFKA_REFUSED' });
});
