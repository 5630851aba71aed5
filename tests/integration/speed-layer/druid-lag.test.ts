import { ensureSupervisor } from '../../../activities/druid/ensure-supervisor';
import { createDruidClient } from '../../../clients/druid';
import { KafkaTopics, PartitionSession } from '../../../clients/kafka';
import { supervisorSpec } from '../../../domain/druid/supervisor-spec';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { pollIngestion } from '../../../scripts/operate/speed/ingestion';
import { readConfig } from '../../../worker/config';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { until } from '../support/until';

useStack();
const config = readConfig();
const druid = createDruidClient(config.druid);
const TRANSACTIONS = 5;

let pipeline: OwnPipeline;
let topics: KafkaTopics;

beforeAll(async () => {
  pipeline = await ownPipeline();
  topics = await KafkaTopics.connect(config.kafka);
});
afterAll(() =>
  endAll(
    () => topics.close(),
    () => pipeline.remove(),
  ),
);

it('is 0 once Druid has taken every row, though the ends of transactions lie behind them', async () => {
  const folder = pipeline.environment['DAYBREAK_PIPELINES'] ?? '';
  const { pipeline: parsed, outputColumns } = await loadPipelineNamed(folder, pipeline.name);
  const { topic, outputTopic } = parsed.kafka;
  await topics.ensure([topic, outputTopic].map((one) => ({ topic: one, partitions: 2 })));
  await ensureSupervisor(druid, pipeline.topic, () => ({
    ...supervisorSpec(parsed, outputColumns, { kafka: config.druid.kafka, sealedUntil: undefined }),
    suspended: false,
  }));
  const session = await PartitionSession.open(config.kafka, {
    topic,
    partition: 0,
    group: `daybreak.${pipeline.name}`,
    transactionalId: `daybreak.${pipeline.name}`,
    outputs: [outputTopic],
  });
  const value = JSON.stringify({ time: '2026-11-21 00:00:00', user_id: 1, user_name: null, hello: 'h', uid: null });
  for (let transaction = 0; transaction < TRANSACTIONS; transaction++) {
    await session.commit(new Map([[outputTopic, [0, 1].map((partition) => ({ key: null, value, partition }))]]), 0);
  }
  await session.close();

  const taken = await until('every row in Druid', async () => {
    const now = await pollIngestion(config, parsed);
    if (now === undefined || 'what' in now) return undefined;
    return now.totals.processed === 2 * TRANSACTIONS && now.lag !== undefined && now.lag < 2 ? now : undefined;
  });
  expect(taken.lag).toBe(0);
  expect(taken).not.toHaveProperty('lagIsBound');
  // Druid itself counts the offsets.
  const status = await druid.supervisors.status(pipeline.topic);
  expect(status?.minimumLag).toEqual({ 0: 1, 1: 1 });
});
