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

it('takes blanks around the addresses of brokers, as Kafka does', () => {
  const { kafka, druid } = readConfig({ KAFKA_BROKERS: 'one:9092, two:9092 ' });
  expect(kafka.brokers).toEqual(['one:9092', 'two:9092']);
  expect(druid.kafka.brokers).toEqual(kafka.brokers);
});

it('tells Druid how to reach Kafka, and no secret', () => {
  const { druid } = readConfig({
    ...sasl,
    KAFKA_SASL_PASSWORD: 'hunter2-hunter2',
    KAFKA_TLS: 'true',
    DRUID_KAFKA_TRUSTSTORE_FILE: '/etc/kafka/ca.pem',
    DRUID_KAFKA_KEYSTORE_FILE: '/etc/kafka/client.pem',
  });
  const properties = consumerProperties(druid.kafka);
  expect(properties).toEqual({
    'bootstrap.servers': 'one:9093,two:9093',
    'isolation.level': 'read_committed',
    'security.protocol': 'SASL_SSL',
    'ssl.truststore.type': 'PEM',
    'ssl.truststore.location': '/etc/kafka/ca.pem',
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': '/etc/kafka/client.pem',
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
  [
    'DAYBREAK_PAYLOAD_KEYS: part 2 has the id a',
    { DAYBREAK_PAYLOAD_KEYS: `a:${'A'.repeat(43)}=,a:${'B'.repeat(43)}=` },
  ],
  ['DAYBREAK_PAYLOAD_KEYS is not', { DAYBREAK_PAYLOAD_STRICT: 'true' }],
  ['DRUID_BROKER_URL: a password', { DRUID_BROKER_URL: 'https://daybreak:hunter2@druid:8082' }],
])('refuses half of a setting and shows no secret: %s', (expected, environment) => {
  const message = refusal(environment);
  expect(message).toContain(expected);
  expect(message).not.toContain('hunter2');
});

it.each([
  ['DAYBREAK_PORT_BASE', 'abc', 'it must be a port from 1024 to 65000'],
  ['DAYBREAK_PORT_BASE', '80', 'it must be a port from 1024 to 65000'],
  ['DAYBREAK_WORKER_PORT', '1.5', 'it must be a port from 1024 to 65000'],
  ['DAYBREAK_BATCH_SLOTS', '1', 'it must be a whole number from 2 to 1000'],
  ['DAYBREAK_BUILD_MEMORY', '64', 'it must be a whole number of MiB, 128 or more'],
  ['DAYBREAK_WORKER_TUNER', 'auto', 'it must be one of fixed, resources'],
  ['DAYBREAK_DATA', '', 'it must not be empty'],
  ['KAFKA_TLS', 'maybe', 'it must be true or false'],
  ['KAFKA_BROKERS', 'one', 'it must be host:port, several of them separated by commas'],
  ['KAFKA_BROKERS', 'one:9092,', 'it must be host:port, several of them separated by commas'],
  ['KAFKA_BROKERS', 'one:70000', 'it must be host:port, several of them separated by commas'],
])('says in plain words what %s must be', (name, value, expected) => {
  expect(refusal({ [name]: value })).toBe(
    `BAD_CONFIGURATION: the environment variable ${name} is '${value}': ${expected}. Correct ${name}, or unset it for the default.`,
  );
});

it('says in plain words what an address must be', () => {
  expect(refusal({ DRUID_BROKER_URL: 'druid:8082' })).toContain(
    'DRUID_BROKER_URL: it must be an address that begins with http:// or https://',
  );
});

const CA = { KAFKA_TLS_CA_FILE: 'ca.pem' };
const CLIENT = { KAFKA_TLS_CERTIFICATE_FILE: 'ca.pem', KAFKA_TLS_KEY_FILE: 'ca.pem' };
/** The settings with their file names as paths in this test's folder. */
const withFiles = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      name.endsWith('_FILE') ? join(folder, value ?? '') : value,
    ]),
  );

it.each([
  ['KAFKA_TLS_CA_FILE', { KAFKA_TLS: 'false', ...CA }],
  ['KAFKA_TLS_CERTIFICATE_FILE', { KAFKA_TLS: 'false', ...CLIENT }],
  ['KAFKA_TLS_CA_FILE', { KAFKA_TLS: '0', ...CA, ...CLIENT }],
  ['DRUID_KAFKA_TRUSTSTORE_FILE', { KAFKA_TLS: 'false', DRUID_KAFKA_TRUSTSTORE_FILE: 'ca.pem' }],
  ['DRUID_KAFKA_TRUSTSTORE_FILE', { DRUID_KAFKA_TRUSTSTORE_FILE: 'ca.pem' }],
  ['DRUID_KAFKA_KEYSTORE_FILE', { DRUID_KAFKA_KEYSTORE_FILE: 'client.pem' }],
  ['DRUID_TLS_CA_FILE', { DRUID_TLS_CA_FILE: 'ca.pem' }],
])('refuses %s where nothing is encrypted: %j', (name, environment) => {
  const message = refusal(withFiles(environment));
  expect(message).toMatch(`BAD_CONFIGURATION: ${name} is set, but`);
});

it.each([
  ['no file', { KAFKA_TLS: 'false' }, undefined],
  ['a file that turns it on', CA, { ca: 'authority' }],
  ['both', { KAFKA_TLS: 'true', ...CA }, { ca: 'authority' }],
])('takes TLS of Kafka as it is told, with %s', (_, environment, tls) => {
  expect(readConfig(withFiles(environment)).kafka.tls).toEqual(tls);
});

const PLAIN = {
  KAFKA_SASL_MECHANISM: 'plain',
  KAFKA_SASL_USERNAME: 'daybreak',
  KAFKA_SASL_PASSWORD: 'hunter2-hunter2',
};
const DRUID_USER = { DRUID_USERNAME: 'daybreak', DRUID_PASSWORD: 'hunter2-hunter2' };
const PLAINTEXT: [string, string, NodeJS.ProcessEnv][] = [
  ['KAFKA_SASL_PASSWORD', 'kafka:9092', { ...PLAIN, KAFKA_BROKERS: 'kafka:9092' }],
  ['KAFKA_SASL_PASSWORD', '10.0.0.7:9092', { ...PLAIN, KAFKA_BROKERS: '127.0.0.1:9092, 10.0.0.7:9092' }],
  ['KAFKA_SASL_PASSWORD', 'localhost.example.com:9092', { ...PLAIN, KAFKA_BROKERS: 'localhost.example.com:9092' }],
  ['KAFKA_SASL_PASSWORD', '127.0.0.1.example.com:9', { ...PLAIN, KAFKA_BROKERS: '127.0.0.1.example.com:9' }],
  ['DRUID_PASSWORD', 'http://druid:8081', { ...DRUID_USER, DRUID_COORDINATOR_URL: 'http://druid:8081' }],
  ['DRUID_PASSWORD', 'http://[2001:db8::1]:8082', { ...DRUID_USER, DRUID_BROKER_URL: 'http://[2001:db8::1]:8082' }],
  ['DRUID_PASSWORD', 'http://0.0.0.0:8082', { ...DRUID_USER, DRUID_BROKER_URL: 'http://0.0.0.0:8082' }],
];

it.each(PLAINTEXT)('sends no %s unencrypted to %s', (name, address, environment) => {
  const message = refusal(environment);
  expect(message).toContain(`BAD_CONFIGURATION: ${name} would go unencrypted to ${address}`);
  expect(message).toContain('DAYBREAK_ALLOW_PLAINTEXT_PASSWORDS=true');
  expect(message).not.toContain('hunter2');
});

it.each(PLAINTEXT)('sends %s unencrypted to %s where that is asked for', (_, __, environment) => {
  expect(refusal({ ...environment, DAYBREAK_ALLOW_PLAINTEXT_PASSWORDS: 'true' })).toBe('accepted');
  expect(refusal({ ...environment, DAYBREAK_ALLOW_PLAINTEXT_PASSWORDS: 'false' })).toContain('unencrypted');
});

it.each([
  { ...PLAIN },
  { ...PLAIN, KAFKA_BROKERS: 'localhost:9092,127.0.0.1:9092,127.8.0.1:9092,[::1]:9092' },
  { ...PLAIN, KAFKA_BROKERS: 'kafka:9092', KAFKA_TLS: 'true' },
  { ...PLAIN, KAFKA_BROKERS: 'kafka:9092', KAFKA_SASL_MECHANISM: 'scram-sha-512' },
  { ...DRUID_USER },
  { ...DRUID_USER, DRUID_BROKER_URL: 'http://127.0.0.1:1', DRUID_COORDINATOR_URL: 'http://localhost:1' },
  { ...DRUID_USER, DRUID_BROKER_URL: 'http://[::1]:1', DRUID_COORDINATOR_URL: 'https://druid:8281' },
  { DRUID_BROKER_URL: 'http://druid:8082', DRUID_COORDINATOR_URL: 'http://druid:8081' },
])('takes what shows no password to a network: %j', (environment) => {
  expect(refusal(environment)).toBe('accepted');
});

it('sends notices to each address in its format, and signs with the secret', () => {
  const secret = `whsec_${'A'.repeat(43)}=`;
  const json = { variable: 'DAYBREAK_WEBHOOK_URL', url: 'https://hooks.example.com/daybreak', format: 'json' };
  const slack = { variable: 'DAYBREAK_SLACK_URL', url: 'https://hooks.slack.com/services/T/B/x', format: 'slack' };
  const webhooksOf = (environment: NodeJS.ProcessEnv) => {
    const { webhooks, webhookSecret } = readConfig(environment);
    return { webhooks, webhookSecret };
  };
  expect(webhooksOf({})).toEqual({ webhooks: [], webhookSecret: undefined });
  expect(webhooksOf({ DAYBREAK_WEBHOOK_URL: json.url, DAYBREAK_WEBHOOK_SECRET: secret })).toEqual({
    webhooks: [json],
    webhookSecret: secret,
  });
  expect(webhooksOf({ DAYBREAK_SLACK_URL: slack.url })).toEqual({ webhooks: [slack], webhookSecret: undefined });
  expect(webhooksOf({ DAYBREAK_WEBHOOK_URL: json.url, DAYBREAK_SLACK_URL: slack.url }).webhooks).toEqual([json, slack]);
});
