import { ConfigResourceTypes, Kafka, logLevel } from 'kafkajs';
import * as z from 'zod';
import { sharedProperties } from '../../../scripts/stack/servers/properties';
import { useStack } from '../support/stack';

const { ports } = useStack();
const roles = {
  coordinator: ports.druidCoordinator,
  broker: ports.druidBroker,
  historical: ports.druidHistorical,
  indexer: ports.druidIndexer,
};

test.each(Object.entries(roles))('the running %s has the settings that the containers have', async (role, port) => {
  const answer = await fetch(`http://127.0.0.1:${port}/status/properties`);
  const running = z.record(z.string(), z.string()).parse(await answer.json());
  const shared = { ...sharedProperties('druid/common.properties'), ...sharedProperties(`druid/${role}.properties`) };
  expect(Object.keys(shared).length).toBeGreaterThan(15);
  expect(running).toMatchObject(shared);
});

test('the running Kafka has the settings that the container has', async () => {
  const admin = new Kafka({ brokers: [`127.0.0.1:${ports.kafka}`], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.BROKER, name: '1' }],
    });
    const running = Object.fromEntries(
      (resources[0]?.configEntries ?? []).map(({ configName, configValue }) => [configName, configValue]),
    );
    expect(running).toMatchObject(sharedProperties('kafka/server.properties'));
  } finally {
    await admin.disconnect();
  }
});
