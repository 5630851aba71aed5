import { Connection } from '@temporalio/client';
import { temporal as temporalProtocol } from '@temporalio/proto';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDruidClient } from '../../../clients/druid';
import { KafkaTopics } from '../../../clients/kafka';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { dailyBatchId, type DailyBatchResult } from '../../../domain/daily-batch';
import { messageOf } from '../../../domain/errors';
import { readConfig } from '../../../worker/config';
import { expectedRows, fedDay, servedRows, ZONE } from '../batch/day-rows';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, terminateSupervisor, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { freePortBase } from '../support/test-stacks';
import { makeCertificates, writeKeystore, type Certificates } from './certificates';
import { startDruidGateway } from './druid-gateway';
import { KAFKA_CREDENTIALS } from './kafka-credentials';
import type { RunningServer } from './running-server';
import { startSecureKafka } from './secure-kafka';
import { startTemporalGateway } from './temporal-gateway';
import { until } from '../support/until';

useStack();
const EVENTS = 2_000;
const date = shiftDate(businessDateOf(new Date(), ZONE), -1);
const sent = fedDay(date, EVENTS, 41);
const inKafka = sent.filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
const payloadKey = randomBytes(32).toString('base64');

const DRUID_CREDENTIALS = { username: 'daybreak', password: 'battery-staple-horse' };

let folder: string;
let certificates: Certificates;
let kafka: RunningServer;
let temporal: Awaited<ReturnType<typeof startTemporalGateway>>;
let gateways: Awaited<ReturnType<typeof startDruidGateway>>[] = [];
let pipeline: OwnPipeline;
let environment: Readonly<Record<string, string>>;
let worker: BackgroundCommand;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-secure-'));
  certificates = await makeCertificates(folder);
  temporal = await startTemporalGateway(readConfig().temporal.address, certificates);
  kafka = await startSecureKafka(folder, await freePortBase(), certificates, KAFKA_CREDENTIALS);
  pipeline = await ownPipeline((yaml) => yaml.replace(/settleSeconds: \d+/, 'settleSeconds: 0'));
  const { coordinatorUrl, brokerUrl } = readConfig().druid;
  gateways = await Promise.all(
    [coordinatorUrl, brokerUrl].map((url) => startDruidGateway(url, certificates, DRUID_CREDENTIALS)),
  );
  const keystore = join(folder, 'druid-keystore.pem');
  await writeKeystore(keystore, certificates.client);
  const passwordFile = join(folder, 'kafka-password');
  await writeFile(passwordFile, `${KAFKA_CREDENTIALS.password}\n`);
  environment = {
    ...pipeline.environment,
    KAFKA_BROKERS: kafka.address,
    KAFKA_TLS_CA_FILE: certificates.authority,
    KAFKA_TLS_CERTIFICATE_FILE: certificates.client.certificate,
    KAFKA_TLS_KEY_FILE: certificates.client.key,
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    KAFKA_SASL_USERNAME: KAFKA_CREDENTIALS.username,
    KAFKA_SASL_PASSWORD_FILE: passwordFile,
    DRUID_KAFKA_TRUSTSTORE_FILE: certificates.authority,
    DRUID_KAFKA_KEYSTORE_FILE: keystore,
    DRUID_COORDINATOR_URL: gateways[0]?.url ?? '',
    DRUID_BROKER_URL: gateways[1]?.url ?? '',
    DRUID_TLS_CA_FILE: certificates.authority,
    DRUID_USERNAME: DRUID_CREDENTIALS.username,
    DRUID_PASSWORD: DRUID_CREDENTIALS.password,
    TEMPORAL_ADDRESS: temporal.address,
    TEMPORAL_TLS: 'true',
    TEMPORAL_TLS_SERVER_NAME: 'localhost',
    TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificates.authority,
    TEMPORAL_TLS_CLIENT_CERT_PATH: certificates.client.certificate,
    TEMPORAL_TLS_CLIENT_KEY_PATH: certificates.client.key,
    DAYBREAK_PAYLOAD_KEYS: `first:${payloadKey}`,
  };
  await until('Kafka', async () => {
    if (kafka.isOver()) throw new Error('Kafka ended before it answered');
    return KafkaTopics.connect(readConfig(environment).kafka).then(
      (topics) => topics.close().then(() => true),
      () => false,
    );
  });
  worker = await background('worker', environment, '"msg":"ready"');
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => terminateSupervisor(pipeline.topic),
    () => {
      temporal.stop();
    },
    () => kafka.stop(),
    ...gateways.map((gateway) => () => {
      gateway.stop();
    }),
    () => pipeline.remove(),
    () => rm(folder, { recursive: true }),
  ),
);

it('goes the whole way of realtime over TLS, with names and passwords', async () => {
  await succeed(`speed start --pipeline ${pipeline.name}`, environment);
  await succeed(`feed --pipeline ${pipeline.name} --date ${date} --events ${EVENTS} --seed 41`, environment);
  await until('the day in realtime', async () => (await servedRows(pipeline.topic, date)).length === inKafka);
  const status = await succeed(`speed status --pipeline ${pipeline.name} --json`, environment);
  expect(JSON.parse(status)).toMatchObject({ state: 'running' });
});

it('is replaced by the batch, with proof', async () => {
  const { code, stdout, stderr } = await daybreak(
    `batch run --pipeline ${pipeline.name} --date ${date} --json`,
    environment,
  );
  expect(code === 0 ? '' : stderr).toBe('');
  expect((JSON.parse(stdout) as DailyBatchResult).verdict).toBe('replaced');
  expect(await servedRows(pipeline.topic, date)).toEqual(expectedRows(sent));
});

it('leaves in Temporal nothing that can be read without the key, and tells it to who has it', async () => {
  const connection = await Connection.connect({
    address: temporal.address,
    tls: {
      serverNameOverride: 'localhost',
      serverRootCACertificate: await readFile(certificates.authority),
      clientCertPair: {
        crt: await readFile(certificates.client.certificate),
        key: await readFile(certificates.client.key),
      },
    },
  });
  try {
    const { history } = await connection.workflowService.getWorkflowExecutionHistory({
      namespace: 'default',
      execution: { workflowId: dailyBatchId(pipeline.name, date) },
    });
    expect(history?.events?.length).toBeGreaterThan(20);
    const { History } = temporalProtocol.api.history.v1;
    const stored = Buffer.from(History.encode(history ?? {}).finish()).toString('latin1');
    expect(stored).toContain('binary/encrypted');
    for (const readable of ['druidRows', 'missingHours', pipeline.output]) expect(stored).not.toContain(readable);
  } finally {
    await connection.close();
  }
  const status = await succeed(`status --pipeline ${pipeline.name} --json`, environment);
  expect(JSON.parse(status)).toMatchObject({ days: [{ date, outcome: 'replaced' }] });
});

it('leaves no secret in the supervisor, the log, or beside the output', async () => {
  const { supervisors } = createDruidClient(readConfig().druid);
  const files = await readdir(pipeline.output, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map(({ parentPath, name }) => readFile(join(parentPath, name), 'utf8'));
  const kept = [JSON.stringify(await supervisors.find(pipeline.topic)), worker.output(), ...(await Promise.all(texts))];
  expect(texts.length).toBeGreaterThan(1);
  expect(kept[0]).toContain('SASL_SSL');
  expect(
    kept.filter((text) =>
      [KAFKA_CREDENTIALS.password, DRUID_CREDENTIALS.password, payloadKey].some((secret) => text.includes(secret)),
    ),
  ).toEqual([]);
});

it('is not let in with another password, and says so without it', async () => {
  const { kafka: cluster } = readConfig({
    ...environment,
    KAFKA_SASL_PASSWORD_FILE: '',
    KAFKA_SASL_PASSWORD: 'wrong-horse-battery',
  });
  const refused = await KafkaTopics.connect(cluster).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({
    code: 'KAFKA_REFUSED',
    remedy: expect.stringContaining('KAFKA_SASL_PASSWORD') as string,
  });
  expect(messageOf(refused)).not.toContain('wrong-horse');
});

it('is not let in by Kafka without TLS, nor where the authority is not known', async () => {
  const { brokers } = readConfig(environment).kafka;
  for (const tls of [{}, { tls: {} }]) {
    await expect(KafkaTopics.connect({ brokers, ...tls })).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  }
});

it('is not let in by Druid with another password, nor where the authority is not known', async () => {
  const { ca, ...druid } = readConfig({ ...environment, DRUID_PASSWORD: 'wrong-staple-horse' }).druid;
  const refused = await createDruidClient({ ...druid, ...(ca !== undefined && { ca }) })
    .supervisors.find('none')
    .catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({ code: 'DRUID_REFUSED', remedy: expect.stringContaining('DRUID_PASSWORD') as string });
  expect(messageOf(refused)).not.toContain('wrong-staple');
  await expect(createDruidClient(druid).supervisors.find('none')).rejects.toMatchObject({ code: 'DRUID_UNREACHABLE' });
});

it('is not let in by Temporal without a certificate', async () => {
  const without = Object.fromEntries(
    Object.entries(environment).filter(([name]) => !name.startsWith('TEMPORAL_TLS_CLIENT')),
  );
  const { code, stderr } = await daybreak(`batch run --pipeline ${pipeline.name} --date ${date}`, without);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('TEMPORAL_UNREACHABLE') as string });
});

it('names the setting whose file is not there', async () => {
  const wrong = { ...environment, TEMPORAL_TLS_CLIENT_KEY_PATH: join(folder, 'nowhere.pem') };
  const { code, stderr } = await daybreak(`batch run --pipeline ${pipeline.name} --date ${date}`, wrong);
  expect(code).toBe(2);
  expect(stderr).toMatch(/BAD_CONFIGURATION.*\n.*nowhere\.pem/);
});
