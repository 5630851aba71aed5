import { rename } from 'node:fs/promises';
import { KafkaTopics } from '../../../clients/kafka';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { speedLayerId } from '../../../domain/speed-layer';
import { DAY_MAXIMUM_DELAY } from '../../../scripts/feed/feed-day';
import { generateFeed } from '../../../scripts/feed/generate';
import { dayInstants } from '../../../scripts/feed/instants';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { expectedRows } from '../shard/expected-rows';
import { contentsOf, differences, valuesOf } from '../shard/topic-contents';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';
import { topicProgress } from './topic-progress';

useStack();
const ZONE = 'Asia/Seoul';
const EVENTS = 20_000;
const SEED = 7;
const date = shiftDate(businessDateOf(new Date(), ZONE), -1);
const config = readConfig();
const { brokers } = config.kafka;

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
let topics: KafkaTopics;

beforeAll(async () => {
  pipeline = await ownPipeline();
  topics = await KafkaTopics.connect({ brokers });
  worker = await background('worker --role speed', pipeline.environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => topics.close(),
    () => pipeline.remove(),
  ),
);

const speed = (command: string) => daybreak(`speed ${command} --pipeline ${pipeline.name}`, pipeline.environment);
const statusOfLayer = (): Promise<string> =>
  withClient(config, async (client) => {
    const { status } = await client.workflow.getHandle(speedLayerId(pipeline.name)).describe();
    return status.name;
  });

const unread = () => topicProgress(topics, pipeline);

it('ends a speed layer whose folder is gone, in the midst of its work, and a later start goes on where it ended', async () => {
  expect((await speed('start')).code).toBe(0);
  await until('the topic', async () => (await topics.partitionsOf(pipeline.topic)) > 0);
  await succeed(
    `feed --pipeline ${pipeline.name} --date ${date} --events ${EVENTS} --seed ${SEED} --no-files`,
    pipeline.environment,
  );
  await until('the first commit', async () => (await unread()).read > 0);
  await rename(pipeline.folder, `${pipeline.folder}-away`);
  try {
    const stopped = await speed('stop');
    expect(stopped).toMatchObject({ code: 0, stdout: expect.stringContaining(': stopped') as string });
    expect(await statusOfLayer()).toBe('CANCELLED');

    for (const command of ['stop', 'stop --now', 'pause', 'resume', 'scale 2']) {
      const { code, stderr } = await speed(command);
      expect([command, code, stderr]).toEqual([command, 1, expect.stringContaining('NOT_RUNNING')]);
    }
  } finally {
    await rename(`${pipeline.folder}-away`, pipeline.folder);
  }

  expect((await speed('start')).code).toBe(0);
  await until('the end of the topic', async () => {
    const { read, written } = await unread();
    return read === written;
  });
  const stopped = await speed('stop --json');
  expect(JSON.parse(stopped.stdout)).toEqual({ workflowId: speedLayerId(pipeline.name), done: 'stopped' });

  const shares = { duplicates: 0.01, late: 0.005, bad: 0.0005, maximumDelay: DAY_MAXIMUM_DELAY };
  const records = generateFeed({ seed: SEED, timeZone: ZONE, ...shares }, dayInstants(date, ZONE, EVENTS, 'daily'));
  const rows = await expectedRows([...records].filter(({ toKafka }) => toKafka));
  const served = valuesOf(await contentsOf(brokers, `${pipeline.topic}_out`, rows.length));
  expect(differences(served, rows)).toEqual([]);
});

it('takes no name that is none', async () => {
  expect(await daybreak('speed stop --pipeline ../outside', pipeline.environment)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('UNKNOWN_PIPELINE') as string,
  });
});
