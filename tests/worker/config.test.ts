import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consumerProperties } from '../../domain/druid/consumer-properties';
import { messageOf } from '../../domain/errors';
import { readConfig } from '../../worker/config';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'config-'));
  await writeFile(join(folder, 'ca.pem'), 'authority');
  await writeFile(join(folder, 'password'), 'from-a-file\n');
});
afterAll(() => rm(folder, { recursive: true }));

const sasl = {
  KAFKA_BROKERS: 'one:9093,two:9093',
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: 'daybreak',
};

function refusal(environment: NodeJS.ProcessEnv): string {
  try {
    readConfig(environment);
  } catch (thrown) {
    return messageOf(thrown);
  }
  return 'accepted';
}

it('takes a secret from the file that <name>_FILE names', () => {
  const { kafka } = readConfig({
    ...sasl,
    KAFKA_SASL_PASSWORD_FILE: join(folder, 'password'),
    KAFKA_TLS_CA_FILE: join(folder, 'ca.pem'),
  });
  expect(kafka).toEqual({
    brokers: ['one:9093', 'two:9093'],
    tls: { ca: 'authority' },
    sasl: { mechanism: 'scram-sha-512', username: 'daybreak', password: 'from-a-file' },
  });
});

it('tells Druid how to reach Kafka, and no secret', () => {
  const { druid } = readConfig({
    ...sasl,
    KAFKA_SASL_PASSWORD: 'hunter2-hunter2',
    KAFKA_TLS: 'true',
    DRUID_KAFKA_TRUSTSTORE_FILE: '/etc/kafka/ca.pem',
  });
  const properties = consumerProperties(druid.kafka);
  expect(properties).toEqual({
    'bootstrap.servers': 'one:9093,two:9093',
    'isolation.level': 'read_committed',
    'security.protocol': 'SASL_SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': '/etc/kafka/ca.pem',
    'sasl.mechanism': 'SCRAM-SHA-512',
    'druid.dynamic.config.provider': {
      type: 'environment',
      variables: { 'sasl.jaas.config': 'DAYBREAK_KAFKA_JAAS_CONFIG' },
    },
  });
  expect(JSON.stringify(druid.kafka)).not.toContain('hunter2');
});

it('leaves a supervisor of an open Kafka as it was', () => {
  expect(consumerProperties(readConfig({}).druid.kafka)).toEqual({
    'bootstrap.servers': '127.0.0.1:9092',
    'isolation.level': 'read_committed',
  });
});

it.each([
  ['KAFKA_SASL_PASSWORD is not', { ...sasl }],
  ['KAFKA_SASL_MECHANISM is not', { KAFKA_SASL_PASSWORD: 'hunter2' }],
  ['DRUID_PASSWORD is not', { DRUID_USERNAME: 'daybreak' }],
  ['both DRUID_PASSWORD and DRUID_PASSWORD_FILE', { DRUID_PASSWORD: 'hunter2', DRUID_PASSWORD_FILE: '/nowhere' }],
  ["DRUID_PASSWORD_FILE is '/nowhere'", { DRUID_PASSWORD_FILE: '/nowhere' }],
  ["KAFKA_TLS_CA_FILE is '/nowhere'", { KAFKA_TLS_CA_FILE: '/nowhere' }],
  ['DAYBREAK_OUTPUT_TOKEN:', { DAYBREAK_OUTPUT_TOKEN: 'hunter2' }],
  ['DAYBREAK_PAYLOAD_KEYS: part 2', { DAYBREAK_PAYLOAD_KEYS: `a:${'A'.repeat(43)}=,b:hunter2` }],
  ['DRUID_BROKER_URL: a password', { DRUID_BROKER_URL: 'https://daybreak:hunter2@druid:8082' }],
])('refuses half of a setting and shows no secret: %s', (expected, environment) => {
  const message = refusal(environment);
  expect(message).toContain(expected);
  expect(message).not.toContain('hunter2');
});
