import { ensureSupervisor } from '../../../activities/druid/ensure-supervisor';
import { pollSupervisor, type SupervisorPoll } from '../../../activities/druid/supervisor-poll';
import { createDruidClient } from '../../../clients/druid';
import { KafkaProducer, KafkaTopics } from '../../../clients/kafka';
import { supervisorSpec } from '../../../domain/druid/supervisor-spec';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { describeIngestion } from '../../../scripts/output/describe/describe-ingestion';
import { readConfig } from '../../../worker/config';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { withAdmin } from '../support/kafka-admin';
import { until } from '../support/until';

useStack();
const config = readConfig();
const druid = createDruidClient(config.druid);
const kafka = config.kafka;

let pipeline: OwnPipeline;
let producer: KafkaProducer;
let topic: string;

beforeAll(async () => {
  pipeline = await ownPipeline();
  topic = `${pipeline.topic}_out`;
  producer = await KafkaProducer.connect(kafka);
});
afterAll(() =>
  endAll(
    () => producer.close(),
    () => pipeline.remove(),
  ),
);

it('says with its remedy what Druid cannot read, what came after the seal, and that the topic was made anew', async () => {
  expect((await look()).health).toMatchObject({ healthy: false, state: 'ABSENT' });
  await makeTopic();
  const { pipeline: parsed, outputColumns } = await loadPipelineNamed(
    pipeline.environment['DAYBREAK_PIPELINES'] ?? '',
    pipeline.name,
  );
  await ensureSupervisor(druid, pipeline.topic, () => ({
    ...supervisorSpec(parsed, outputColumns, { kafka: config.druid.kafka, sealedUntil: '2026-11-20T15:00:00.000Z' }),
    suspended: false,
  }));
  const row = (time: string) => ({
    value: JSON.stringify({ time, user_id: 1, user_name: null, hello: 'h', uid: null }),
  });
  const readable = [row('2026-11-21 00:00:00'), row('2026-11-21 00:00:01'), row('2026-11-20 23:59:59')];
  await producer.send(topic, [...readable, { value: 'not a row' }]);

  const taken = await pollUntil(
    'four rows',
    ({ totals }) => totals.processed + totals.thrownAway + totals.unparseable >= 4,
  );
  expect(taken.totals).toEqual({ processed: 2, thrownAway: 1, unparseable: 1 });
  expect(taken.health.healthy).toBe(false);
  expect(describeIngestion(taken)).toEqual([
    expect.stringMatching(/^Druid supervisor: /),
    expect.stringMatching(/^→ Druid cannot read some rows.*parseErrors/),
    'sealed until: 2026-11-20T15:00:00.000Z',
    expect.stringMatching(/^Druid's running tasks: took 2 rows, dropped 1 that came after the seal, could not read 1/),
    expect.stringMatching(/^→ The dropped rows are in the hourly files/),
  ]);

  await withAdmin(kafka.brokers, async (admin) => {
    await admin.deleteTopics({ topics: [topic] });
    await until('the end of the topic', async () => !(await admin.listTopics()).includes(topic));
  });
  await makeTopic();
  const anew = await pollUntil('a topic made anew', ({ lag = 0 }) => lag < 0);
  expect(anew.health.remedy).toMatch(/made anew: POST .*\/reset$/);
});

const look = (): Promise<SupervisorPoll> =>
  pollSupervisor(druid, { name: pipeline.name, druid: { datasource: pipeline.topic } });

const pollUntil = (what: string, holds: (look: SupervisorPoll) => boolean): Promise<SupervisorPoll> =>
  until(what, async () => {
    const found = await look();
    return holds(found) && found;
  });

async function makeTopic(): Promise<void> {
  const topics = await KafkaTopics.connect(kafka);
  await topics.ensure([{ topic, partitions: 1 }]);
  await topics.close();
}
