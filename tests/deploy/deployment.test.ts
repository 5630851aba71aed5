import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadPipeline } from '../../engines/load-pipeline';
import { SEARCH_ATTRIBUTES } from '../../scripts/stack/servers/temporal';
import { checkDeployment } from './check';
import { composeParser } from './check/compose-project';
import { readFiles, type Expected } from './check/deployment';
import { documentedVariables } from './check/variables';

const ROOT = resolve(__dirname, '../..');
const files = readFiles(ROOT);
let expected: Expected;

// Builds the parser the first time.
beforeAll(composeParser, 1_200_000);
beforeAll(async () => {
  const { pipeline, outputColumns } = await loadPipeline(join(ROOT, 'pipelines/events'));
  expected = { pipeline, outputColumns, searchAttributes: SEARCH_ATTRIBUTES };
});

test('nothing is wrong with the deployment', async () => {
  expect(await checkDeployment(files, expected)).toEqual([]);
});

/** The problems after `from` was replaced by `to` everywhere in one file of the repository. */
async function problemsWith(file: string, from: string, to: string): Promise<string[]> {
  const text = files.get(file) ?? '';
  expect(text).toContain(from);
  return checkDeployment(new Map([...files, [file, text.replaceAll(from, to)]]), expected);
}

const COMPOSE = 'docker-compose.yml';

test.each([
  ['a key that Compose has not', COMPOSE, 'shm_size:', 'shared_memory:', 'is refused.*shared_memory'],
  [
    'a mount',
    COMPOSE,
    './deploy/fluentd/fluent.conf:',
    './deploy/fluentd/fluentd.conf:',
    'fluentd mounts .*fluentd.conf',
  ],
  ['a writable mount', COMPOSE, './pipelines:/app/pipelines:ro', './pipelines:/app/pipelines', 'worker may write to'],
  [
    'an image without a version',
    COMPOSE,
    'apache/kafka:4.3.1',
    'apache/kafka:latest',
    'kafka has the image apache/kafka:latest',
  ],
  [
    'an image with half a version',
    COMPOSE,
    'zookeeper:3.8.4',
    'zookeeper:3.8',
    'zookeeper has the image zookeeper:3.8,',
  ],
  [
    'a Druid that nobody tested',
    COMPOSE,
    'apache/druid:33.0.0',
    'apache/druid:32.0.0',
    'druid-broker is Druid 32.0.0, but the tests run 33.0.0',
  ],
  [
    'an unknown variable',
    COMPOSE,
    'TEMPORAL_RETENTION:-30d',
    'TEMPORAL_RETENTIONS:-30d',
    'TEMPORAL_RETENTIONS is not in',
  ],
  [
    'a default password',
    COMPOSE,
    'DRUID_METADATA_PASSWORD:?set it in .env',
    'DRUID_METADATA_PASSWORD:-druid',
    'DRUID_METADATA_PASSWORD is not required',
  ],
  ['a port twice', COMPOSE, '127.0.0.1:9095:', '127.0.0.1:9091:', 'turnilo and prometheus both publish port 9091'],
  ['a port beyond this machine', COMPOSE, '127.0.0.1:8088:', '8088:', 'druid-router publishes port 8088 beyond'],
  [
    'a port from inside',
    COMPOSE,
    '  front:\n  back:',
    '  front:\n    internal: true\n  back:',
    'publishes ports from an internal network',
  ],
  ['a service to wait for', COMPOSE, 'zookeeper: { condition', 'zoo-keeper: { condition', 'is refused.*zoo-keeper'],
  [
    'a health check',
    COMPOSE,
    "test: [CMD, nc, -z, 127.0.0.1, '7233']",
    'disable: true',
    'temporal-ui waits for temporal to be healthy',
  ],
  ['a limit', COMPOSE, "limits: { cpus: '2', memory: 4g, pids: 500 }", "limits: { cpus: '2' }", 'worker has no limits'],
  ['the capabilities', COMPOSE, 'cap_drop: [ALL]', 'cap_drop: [MKNOD]', 'kafka keeps the capabilities'],
  ['a stage', COMPOSE, 'target: spark', 'target: sparks', 'the stage sparks, which deploy/worker/Dockerfile has not'],
  ['a variable of the worker', COMPOSE, '      DAYBREAK_BATCH_SLOTS:\n', '', 'does not pass DAYBREAK_BATCH_SLOTS on'],
  ['a setting of Kafka', COMPOSE, 'KAFKA_HEAP_OPTS: -Xms512m', 'KAFKA_NODE_ID: -Xms512m', 'kafka sets node.id'],
  [
    'a setting of Druid',
    COMPOSE,
    'druid_metadata_storage_type: postgresql',
    'druid_storage_type: s3',
    'sets druid.storage.type',
  ],
  [
    'the password of PostgreSQL',
    COMPOSE,
    'x-required: ${POSTGRES_PASSWORD:?set it in .env}\n',
    '',
    'POSTGRES_PASSWORD is not required',
  ],
  [
    'the password of Grafana',
    COMPOSE,
    'test -s /run/secrets/grafana-password',
    'true',
    'grafana starts with an empty grafana-password',
  ],
  [
    'an address that the shell can change',
    COMPOSE,
    'TEMPORAL_ADDRESS: temporal:7233',
    'TEMPORAL_ADDRESS: ${TEMPORAL_ADDRESS:-temporal:7233}',
    'worker takes TEMPORAL_ADDRESS from the shell',
  ],
  [
    'an address by another name',
    COMPOSE,
    'KAFKA_BROKERS: kafka:19092',
    'KAFKA_BROKERS: ${BROKERS:-kafka:19092}',
    'pipeline takes KAFKA_BROKERS from the shell',
  ],
  [
    'the address of Temporal in its cluster',
    COMPOSE,
    '      TEMPORAL_BROADCAST_ADDRESS: 127.0.0.1\n',
    '',
    'temporal listens on every address and has no TEMPORAL_BROADCAST_ADDRESS',
  ],
  [
    'the network of Spark',
    COMPOSE,
    '  profiles: [spark]\n  networks: [back]',
    '  profiles: [spark]\n  networks: [back, front]',
    'spark-master is in 2 networks',
  ],
  [
    'the token of the notebooks',
    COMPOSE,
    'test -s /run/secrets/notebooks-token',
    'true',
    'notebooks starts with an empty notebooks-token',
  ],
  [
    'notebooks without a token',
    COMPOSE,
    'JUPYTER_TOKEN_FILE: /run/secrets/notebooks-token',
    'JUPYTER_TOKEN_FILE: /run/secrets/notebook-token',
    'notebooks asks for no token',
  ],
  [
    'the port of the notebooks',
    COMPOSE,
    "'127.0.0.1:8888:8888'",
    "'8888:8888'",
    'notebooks publishes port 8888 beyond 127.0.0.1',
  ],
  [
    'days that a notebook can change',
    COMPOSE,
    "Spark's worker.\n      - daybreak:/daybreak:ro",
    "Spark's worker.\n      - daybreak:/daybreak",
    'notebooks may write to daybreak',
  ],
  [
    'days that a notebook does not find',
    COMPOSE,
    '.scratch\n      DAYBREAK_DATA: /daybreak/data',
    '.scratch\n      DAYBREAK_DATA: /data',
    'notebooks has another DAYBREAK_DATA than the worker',
  ],
  [
    'the pipeline of the notebooks',
    COMPOSE,
    '      DAYBREAK_PIPELINE:\n',
    '',
    'notebooks does not take DAYBREAK_PIPELINE from .env',
  ],
  [
    'a login that a notebook could use',
    COMPOSE,
    'JUPYTER_TOKEN_FILE: /run/secrets/notebooks-token',
    'JUPYTER_TOKEN_FILE: /run/secrets/notebooks-token\n      DRUID_PASSWORD:',
    "notebooks gets the worker's DRUID_PASSWORD",
  ],
  [
    'a token that does not reach the notebooks',
    COMPOSE,
    "ports: ['127.0.0.1:8888:8888']",
    "ports: ['127.0.0.1:8888:8888']\n    read_only: true",
    'notebooks is read-only, so Compose cannot write a secret',
  ],
  [
    'the networks of the notebooks',
    COMPOSE,
    'secrets: [notebooks-token]\n    networks: [back, front]',
    'secrets: [notebooks-token]\n    networks: [front]',
    'notebooks is in no network of spark-master',
  ],
  [
    'the name of the driver in the notebooks',
    COMPOSE,
    'spark.driver.host=notebooks',
    'spark.driver.host=notebook',
    'notebooks does not tell executors its name',
  ],
  ['the stage of the notebooks', COMPOSE, 'target: notebooks', 'target: notebook', 'built from the stage notebook,'],
  [
    'a notebook with outputs',
    'deploy/notebooks/a-day-with-duckdb.ipynb',
    '"outputs": []',
    '"outputs": [{}]',
    'a-day-with-duckdb.ipynb has outputs',
  ],
  [
    'the hashes of the packages for notebooks',
    'deploy/worker/Dockerfile',
    '--no-compile --require-hashes --break',
    '--no-compile --break',
    'pip install without hashes',
  ],
  [
    'the packages for notebooks',
    '.dockerignore',
    '!deploy/notebooks/requirements.txt\n',
    '',
    'keeps deploy/notebooks/requirements.txt out',
  ],
  [
    'folders of applications of Spark',
    COMPOSE,
    'cleanup.enabled=true',
    'cleanup.enabled=false',
    'spark-worker keeps the folders of all applications',
  ],
  ['the log of Druid', COMPOSE, '  DRUID_LOG4J: >-', '  DRUID_LOGS: >-', 'druid-indexer has no DRUID_LOG4J'],
  ['an appender of the log', COMPOSE, '<Console name="console"', '<RollingFile name="console"', 'writes log files'],
  ['the console of the log', COMPOSE, '<AppenderRef ref="console"/>', '', 'druid-broker does not log to the console'],
  ['an extension', COMPOSE, '"druid-datasketches",', '', 'druid-broker does not load druid-datasketches'],
  [
    'a file of settings',
    COMPOSE,
    '/etc/daybreak/broker.properties',
    '/etc/daybreak/router.conf',
    'druid-broker reads /etc/daybreak/router.conf',
  ],
  [
    'the login of Druid',
    COMPOSE,
    '      DAYBREAK_KAFKA_JAAS_CONFIG:\n',
    '',
    'druid-coordinator does not get DAYBREAK_KAFKA_JAAS_CONFIG',
  ],
  [
    'a name of Druid',
    COMPOSE,
    'druid_host: druid-indexer',
    'druid_host: druid-worker',
    'druid-indexer is known as druid-worker',
  ],
  [
    'slots for subtasks of Druid',
    'deploy/druid/coordinator.properties',
    'parallelIndexTaskSlotRatio=0.5',
    'parallelIndexTaskSlotRatio=1',
    'deploy/druid leaves no slot for the subtasks',
  ],
  ['the zone of the container', COMPOSE, 'TZ: Asia/Seoul', 'TZ: Asia/Tokyo', 'TZ is Asia/Tokyo'],
  ['a documented variable', '.env.example', '#DAYBREAK_SPEED_SLOTS=64\n', '', 'DAYBREAK_SPEED_SLOTS is not in'],
  ['the documented pipeline', '.env.example', '#DAYBREAK_PIPELINE=events\n', '', 'DAYBREAK_PIPELINE is not in'],
  ['the documented Spark', '.env.example', '#SPARK_HOME=\n', '', 'SPARK_HOME is not in'],
  ['a variable that nothing reads', '.env.example', '#KAFKA_TLS=', '#KAFKA_SSL=', 'nothing reads KAFKA_SSL'],
  [
    'a documented password',
    '.env.example',
    'GRAFANA_PASSWORD=',
    'GRAFANA_PASSWORD=admin',
    'a value for the secret GRAFANA_PASSWORD',
  ],
  [
    'the base of an image',
    'deploy/worker/Dockerfile',
    'node:24.21.0-bookworm-slim',
    'node:24',
    'built on node:24, which is not pinned',
  ],
  [
    'the Node of an image',
    'deploy/worker/Dockerfile',
    'node:24.21.0-bookworm-slim',
    'node:20.19.5-bookworm-slim',
    'built on node:20.19.5-bookworm-slim, a Node before 22',
  ],
  ['a gem', 'deploy/fluentd/Dockerfile', 'fluentd:1.16.11', 'fluentd', 'gem install fluentd, which is not pinned'],
  ['a package', 'deploy/turnilo/Dockerfile', 'turnilo@1.40.2', 'turnilo', 'npm install turnilo, which is not pinned'],
  ['the user', 'deploy/fluentd/Dockerfile', 'USER 1000:1000\n', '', 'deploy/fluentd/Dockerfile runs as root'],
  ['what an image is made of', '.dockerignore', '!engines\n', '', 'keeps engines out'],
  ['settings that an image has', '.dockerignore', '!deploy/kafka\n', '', 'keeps deploy/kafka out'],
  ['a search attribute', 'deploy/temporal/create-namespace.sh', ' DaybreakDate', '', 'does not register DaybreakDate'],
  ['a column', 'deploy/turnilo/config.yaml', '$user_name', '$username', 'events_names has the column username'],
  [
    'the split of the cube by day',
    'deploy/turnilo/config.yaml',
    'defaultSplitDimensions: [event_time]',
    'defaultSplitDimensions: [hello]',
    'events_batch is not split by day',
  ],
  ['a cube', 'deploy/turnilo/config.yaml', 'name: events_batch', 'name: events_daily', 'there is no cube events_batch'],
  [
    'the introspection',
    'deploy/turnilo/config.yaml',
    'introspection: no-autofill',
    'introspection: none',
    'has introspection none',
  ],
  ['the host', 'deploy/turnilo/config.yaml', 'serverHost: 0.0.0.0\n', '', 'serverHost is not set'],
  [
    'the zone of the cubes',
    'deploy/turnilo/config.yaml',
    'defaultTimezone: Asia/Seoul',
    'defaultTimezone: Asia/Tokyo',
    'is in Asia/Tokyo',
  ],
  ['the command', 'deploy/turnilo/Dockerfile', '"run-config"', '"--druid"', 'not started with its configuration'],
  [
    'a match',
    'deploy/fluentd/fluent.conf',
    '<match info>',
    '<match test>',
    '<match test> takes nothing of the tag info',
  ],
  [
    'a label',
    'deploy/fluentd/fluent.conf',
    '<label @KAFKA>',
    '<label @KAFKAS>',
    'records go to @KAFKA, which there is not',
  ],
  [
    'the topic',
    'deploy/fluentd/fluent.conf',
    'default_topic events',
    'default_topic event',
    'default_topic event, not events',
  ],
  ['the path', 'deploy/fluentd/fluent.conf', 'names.%Y%m%d.%H', 'names-%Y%m%d.%H', 'files are names-'],
  ['the zone of the files', 'deploy/fluentd/fluent.conf', '+0900', '+0000', 'timekey_zone \\+0000, not \\+0900'],
  ['half-written files', 'deploy/fluentd/fluent.conf', 'append false', 'append true', 'append true, not false'],
  [
    'the pipeline',
    'worker/config.ts',
    '  DAYBREAK_DATA: text,',
    '  DAYBREAK_DATA: text,\n  DAYBREAK_NEW: text,',
    'DAYBREAK_NEW is not in',
  ],
])('a broken deployment is found: %s', async (_, file, from, to, problem) => {
  const problems = await problemsWith(file, from, to);
  expect(problems).toContainEqual(expect.stringMatching(new RegExp(problem, 's')));
});

test('docs/deploying.md names each variable of .env that a shell could export', () => {
  const [, list = ''] =
    /a\s+shell that does not export ([^.]*)\./.exec(readFileSync('docs/deploying.md', 'utf8')) ?? [];
  const named = [...list.matchAll(/`([A-Z_]+)(\*?)`/g)].map(([, name = '', any]) => ({ name, isPrefix: any === '*' }));
  const variables = [...documentedVariables(files.get('.env.example') ?? '').keys()];
  const unnamed = variables.filter(
    (variable) => !named.some(({ name, isPrefix }) => (isPrefix ? variable.startsWith(name) : variable === name)),
  );
  expect(unnamed).toEqual([]);
});
