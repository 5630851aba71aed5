import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse, parseDocument } from 'yaml';
import * as z from 'zod';
import { pipelineSchema, WORKER_ADDRESSES } from '../../../domain/pipeline';
import { readConfig } from '../../../worker/config';
import { composeParser } from '../check/compose-project';
import { IS_SECRET } from '../check/variables';
import { CHART, EVENTS_FILES, EXAMPLES, helmWithChart, rendered, ROOT } from './chart';
import { expectedOfChart } from './expected';
import { containersOf, parseManifests, podsOf } from './manifests';
import { helmProgram } from './tools';

// Each builds a program the first time.
beforeAll(helmProgram, 1_200_000);
beforeAll(composeParser, 1_200_000);

const read = (file: string): string => readFileSync(join(ROOT, CHART, file), 'utf8');

const node: z.ZodType<Node> = z.lazy(() =>
  z.looseObject({
    properties: z.record(z.string(), node).optional(),
    $ref: z.string().optional(),
  }),
);
interface Node {
  readonly properties?: Readonly<Record<string, Node>> | undefined;
  readonly $ref?: string | undefined;
}
const schema = z.looseObject({ $defs: z.record(z.string(), node) }).parse(JSON.parse(read('values.schema.json')));
const namesOf = (definition: string): string[] => Object.keys(schema.$defs[definition]?.properties ?? {});

it('knows each variable of the worker, as a setting, a secret or a value of its own', async () => {
  const { variables } = await expectedOfChart();
  const manifests = await Promise.all(Object.values(EXAMPLES).map((args) => rendered(args)));
  const rendering = manifests.flatMap((text) => podsOf(parseManifests(text)).flatMap(({ spec }) => containersOf(spec)));
  const set = rendering.flatMap(({ env }) => env.map(({ name }) => name));
  const known = new Set([...namesOf('settings'), ...namesOf('secrets'), ...set]);
  expect([...known].sort()).toEqual([...variables].sort());
});

it('takes secrets only from Secrets', () => {
  expect(namesOf('settings').filter((name) => IS_SECRET.test(name))).toEqual([]);
});

/** The paths of all values, as in 'batch.data.kind'. */
function pathsOf(value: unknown, path: string[] = []): string[] {
  const isFolder = typeof value === 'object' && value !== null && !Array.isArray(value);
  const entries = isFolder ? Object.entries(value) : [];
  return entries.length === 0 ? [path.join('.')] : entries.flatMap(([name, each]) => pathsOf(each, [...path, name]));
}

function schemaPaths({ properties, $ref }: Node, path: string[] = []): string[] {
  const target = $ref === undefined ? undefined : $ref.split('/').at(-1);
  const own = target === 'resources' ? schema.$defs[target]?.properties : properties;
  if (own === undefined) return [path.join('.')];
  return Object.entries(own).flatMap(([name, each]) => schemaPaths(each, [...path, name]));
}

it('has a default for each value of the schema, and no others', () => {
  const optional = /^global$|ephemeral-storage$/;
  const ofSchema = schemaPaths(node.parse(schema)).filter((path) => !optional.test(path));
  const resource = (path: string): string => path.replace(/(resources\.(?:requests|limits))\..*/, '$1');
  const unique = (paths: readonly string[]): string[] => [...new Set(paths.map(resource))].sort();
  expect(unique(pathsOf(parse(read('values.yaml'))))).toEqual(unique(ofSchema));
});

it('says of each part of the values what it is', () => {
  const document = parseDocument(read('values.yaml'));
  const lines = read('values.yaml').split('\n');
  expect(document.errors).toEqual([]);
  const parts = lines.flatMap((line, index) => (/^[a-z]\w+:/i.test(line) ? [{ line, index }] : []));
  expect(parts.length).toBeGreaterThan(15);
  // Parts whose values each have a comment of their own need none.
  const silent = parts.filter(
    ({ index }) => !lines[index - 1]?.startsWith('#') && !lines[index + 1]?.trim().startsWith('#'),
  );
  expect(silent.map(({ line }) => line)).toEqual([]);
});

test.each([
  ['speed.replica=2', 'replica'],
  ['batch.data.volumes.size=1Gi', 'volumes'],
  ['batch.data.kind=s3', 'kind'],
  ['networkPolicies.enabled=true', 'networkPolicies'],
  ['pod.labels.app\\.kubernetes\\.io/name=other', 'app.kubernetes.io/name'],
  ['metrics.serviceMonitor.labels.helm\\.sh/chart=other', 'helm.sh/chart'],
  ['settings.KAFKA_SSL=true', 'KAFKA_SSL'],
  ['settings.KAFKA_SASL_PASSWORD=hunter2', 'KAFKA_SASL_PASSWORD'],
  ['settings.TEMPORAL_ADDRESS=elsewhere:7233', 'TEMPORAL_ADDRESS'],
  ['speed.settings.DRUID_PASSWORD=hunter2', 'DRUID_PASSWORD'],
  ['secrets.KAFKA_SASL_PASSWORD=hunter2', 'KAFKA_SASL_PASSWORD'],
  ['secrets.KAFKA_SASL_PASSWORD.value=hunter2', 'value'],
  ['secrets.KAFKA_BROKERS.name=brokers', 'KAFKA_BROKERS'],
  ['secrets.DRUID_BROKER_URL.name=druid,secrets.DRUID_BROKER_URL.key=url', 'DRUID_BROKER_URL'],
  ['secrets.AWS_ENDPOINT_URL.name=s3,secrets.AWS_ENDPOINT_URL.key=url', 'AWS_ENDPOINT_URL'],
  ['nameOverride=My_Name', 'nameOverride'],
  ['druid.brokerUrl=http://user:hunter2@druid:8082', 'brokerUrl'],
  ['temporal.uiUrl=http://user:hunter2@temporal:8080', 'uiUrl'],
  ['settings.AWS_ENDPOINT_URL_S3=https://key:hunter2@s3:9000', 'AWS_ENDPOINT_URL_S3'],
  ['settings.DAYBREAK_WEBHDFS_URL=http://user:hunter2@namenode:9870', 'DAYBREAK_WEBHDFS_URL'],
  ['serviceAccount.name=Foo Bar', 'name'],
  ['batch.data.volume.existingClaim=Foo Bar', 'existingClaim'],
  ['image.repository=reg #x', 'repository'],
  ['image.tag=a b: c', 'tag'],
  ['speed.terminationGracePeriodSeconds=1000000', 'terminationGracePeriodSeconds'],
  ['kafka.brokers={kafka}', 'brokers'],
  ['temporal.address=', 'address'],
  ['image.repository=', 'repository'],
  ['image.tag=latest', 'tag'],
  ['secrets=null', 'secrets'],
  ['batch.resources.limits.memory=4G', 'memory'],
  ['start.events.shard=2', 'shard'],
  ['start.Events.shards=2', 'Events'],
  ['batch.outputServer.port=9465', 'port'],
  ['speed.terminationGracePeriodSeconds=5', 'terminationGracePeriodSeconds'],
])('the schema refuses %s', async (value, named) => {
  const { code, stderr } = await helmWithChart(['template', 'daybreak'], [...(EXAMPLES['s3'] ?? []), '--set', value]);
  expect(code).toBe(1);
  expect(stderr).toContain("values don't meet the specifications of the schema");
  expect(stderr).toContain(named);
});

const withS3 = EXAMPLES['s3'] ?? [];
const withVolume = EXAMPLES['volume'] ?? [];

const SLOTS = ['DAYBREAK_SPEED_SLOTS', 'DAYBREAK_BATCH_SLOTS', 'DAYBREAK_BACKFILL_SLOTS'];
const NUMBERS = [...SLOTS, 'DAYBREAK_BUILD_MEMORY', 'DAYBREAK_BUILD_THREADS'];

it.each(NUMBERS)('takes the same numbers as the worker for %s', async (name) => {
  const isTaken = (value: string): boolean => {
    try {
      readConfig({ [name]: value });
      return true;
    } catch {
      return false;
    }
  };
  for (const value of ['0', '1', '2', '19', '127', '128', '199', '1000', '1001', '2000']) {
    const args = [...withS3, '--set-string', `settings.${name}=${value}`];
    const { stderr } = await helmWithChart(['template', 'daybreak'], args);
    expect([value, !stderr.includes(name)]).toEqual([value, isTaken(value)]);
  }
});

test.each([
  ['a name that no Service can have', [...withS3, '--set', 'fullnameOverride=1st'], 'Set fullnameOverride'],
  ['no pipeline', withVolume.slice(0, 2), 'There is no pipeline'],
  ['a pipeline twice', [...withS3, ...EVENTS_FILES], 'in pipelines.files and in pipelines.configMaps'],
  ['pipelines in the image too', [...withS3, '--set', 'pipelines.path=/pipelines'], 'pipelines.path is set'],
  [
    'realtime without workers for it',
    [...withS3, '--set', 'speed.enabled=false,start.events.speed=true'],
    'start.events.speed is true, but speed.enabled is false',
  ],
  [
    'nights without workers for them',
    [...withS3, '--set', 'batch.enabled=false,start.events.schedule=true'],
    'start.events.schedule is true, but batch.enabled is false',
  ],
  ['another pipeline', [...withS3, '--set', 'start.rides.shards=1'], 'start names the pipeline rides'],
  ['nothing to run', [...withS3, '--set', 'speed.enabled=false,batch.enabled=false'], 'nothing would run'],
  ['a volume of one Pod', [...withVolume, '--set', 'batch.replicas=2'], 'only one Pod can use a volume'],
  [
    'an impossible autoscaler',
    [...withS3, '--set', 'speed.autoscaling.enabled=true,speed.autoscaling.maxReplicas=1'],
    'speed.autoscaling.maxReplicas is 1, but minReplicas is 2',
  ],
  [
    'metrics that nobody can read',
    [...withS3, '--set', 'networkPolicy.enabled=true,metrics.serviceMonitor.enabled=true'],
    'Name Prometheus in networkPolicy.metricsFrom',
  ],
  [
    'files of a Secret that is not mounted',
    [...withS3, '--set', 'settings.TEMPORAL_TLS_SERVER_CA_CERT_PATH=/run/daybreak/ca.pem'],
    'TEMPORAL_TLS_SERVER_CA_CERT_PATH is /run/daybreak/ca.pem, but secretFiles names no Secret',
  ],
  [
    'a secret from two places',
    [
      ...[...withS3, '--set', 'secretFiles=files,batch.settings.DRUID_PASSWORD_FILE=/run/daybreak/druid'],
      ...['--set', 'batch.secrets.DRUID_PASSWORD.name=druid,batch.secrets.DRUID_PASSWORD.key=password'],
    ],
    'DRUID_PASSWORD is in secrets, and DRUID_PASSWORD_FILE in settings',
  ],
  [
    'a build beyond the memory',
    [...withS3, '--set-string', 'batch.settings.DAYBREAK_BUILD_MEMORY=4097'],
    'DAYBREAK_BUILD_MEMORY is 4097 MiB, but batch.resources.limits.memory is 4Gi',
  ],
  ['no token', [...withS3, '--set', 'batch.outputServer.enabled=true'], 'needs DAYBREAK_OUTPUT_TOKEN'],
  ['nothing to serve', [...withVolume, '--set', 'batch.data.kind=scratch'], 'serves days from a volume'],
  ['nobody to read', [...withVolume, '--set', 'networkPolicy.enabled=true'], 'Name Druid in networkPolicy.outputFrom'],
  [
    'a variable from two places',
    [...withS3, '--set', 'settings.DRUID_USERNAME=a,secrets.DRUID_USERNAME.name=b,secrets.DRUID_USERNAME.key=c'],
    'DRUID_USERNAME is in settings and in secrets',
  ],
])('refuses %s, and says what to do', async (_, args, message) => {
  const { code, stderr } = await helmWithChart(['template', 'daybreak'], args);
  expect([code, stderr]).toEqual([1, expect.stringContaining(message)]);
});

/** The names of the variables that come from Secrets, by Deployment, Job and Pod. */
async function secretsOf(args: readonly string[]): Promise<Record<string, string[]>> {
  const pods = podsOf(parseManifests(await rendered(args)));
  return Object.fromEntries(
    pods.map(({ owner, spec: { containers } }) => [
      owner,
      containers.flatMap(({ env }) => env.flatMap(({ name, valueFrom }) => (valueFrom === undefined ? [] : [name]))),
    ]),
  );
}

it('gives the speed layer keys of a storage only if they are its own', async () => {
  const shared = await secretsOf(withS3);
  expect(shared['Deployment daybreak-batch']).toEqual(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']);
  expect(shared['Deployment daybreak-speed']).toEqual([]);
  // A table of a pipeline may be in S3 or HDFS, and realtime reads it.
  const own = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'HADOOP_TOKEN'];
  const keys = own.map((name) => `speed.secrets.${name}.name=tables,speed.secrets.${name}.key=${name}`);
  const tables = await secretsOf([...withS3, '--set', keys.join(',')]);
  expect(tables['Deployment daybreak-speed']).toEqual(own);
});

it.each([
  [
    'a secret as a file of their own',
    'secrets.DRUID_PASSWORD.name=druid,secrets.DRUID_PASSWORD.key=password',
    'secretFiles=files,batch.settings.DRUID_PASSWORD_FILE=/run/daybreak/druid',
    'DRUID_PASSWORD_FILE',
  ],
  [
    'a file of all as a secret of their own',
    'secretFiles=files,settings.DRUID_PASSWORD_FILE=/run/daybreak/druid',
    'batch.secrets.DRUID_PASSWORD.name=druid,batch.secrets.DRUID_PASSWORD.key=password',
    'DRUID_PASSWORD',
  ],
  [
    'a name of all as a secret of their own',
    'settings.DRUID_USERNAME=daybreak',
    'batch.secrets.DRUID_USERNAME.name=druid,batch.secrets.DRUID_USERNAME.key=user',
    'DRUID_USERNAME',
  ],
])('lets Pods have %s', async (_, ofAll, own, expected) => {
  const pods = podsOf(parseManifests(await rendered([...withS3, '--set', `${ofAll},${own}`])));
  const batch = pods.filter(({ owner }) => owner === 'Deployment daybreak-batch');
  const names = batch.flatMap(({ spec }) => containersOf(spec)).flatMap(({ env }) => env.map(({ name }) => name));
  expect(names.filter((name) => /^DRUID_(PASSWORD|USERNAME)/.test(name))).toEqual([expected]);
});

it('starts only what the release has workers for', async () => {
  const commandsOf = async (set: string): Promise<string[]> => {
    const pods = podsOf(parseManifests(await rendered([...withS3, '--set', set])));
    return pods.flatMap(({ spec }) => containersOf(spec)).flatMap(({ args }) => args.slice(0, 2).join(' '));
  };
  expect(await commandsOf('speed.enabled=false')).not.toContain('speed start');
  expect(await commandsOf('batch.enabled=false')).not.toContain('schedule apply');
});

it('gives the webhooks of a pipeline to the workers that send notices, and to no others', async () => {
  const webhook = 'secrets.ORDERS_SLACK_URL.name=webhooks,secrets.ORDERS_SLACK_URL.key=orders';
  const found = await secretsOf([...withS3, '--set', webhook]);
  const owners = Object.keys(found).filter((owner) => found[owner]?.includes('ORDERS_SLACK_URL'));
  expect(owners).toEqual(['Deployment daybreak-batch']);
});

it('takes each variable that a pipeline may name for a webhook, and no other address', async () => {
  const { variables } = await expectedOfChart();
  const workers = variables.filter((name) => name.endsWith('_URL') && !IS_SECRET.test(name));
  expect([...WORKER_ADDRESSES].sort()).toEqual(workers.sort());
  const own = [
    'ORDERS_SLACK_URL',
    'DAYBREAK_SLACK_URL',
    ...['AWS', 'DAYBREAK', 'DRUID', 'TEMPORAL'].map((of) => `${of}_ORDERS_URL`),
  ];
  for (const variable of [...own, ...workers]) {
    const notify = { webhooks: [{ variable, format: 'slack' }] };
    const { success } = pipelineSchema.safeParse({
      ...parse(readFileSync(join(ROOT, 'pipelines/events/pipeline.yaml'), 'utf8')),
      notify,
    });
    const args = [...withS3, '--set', `secrets.${variable}.name=webhooks,secrets.${variable}.key=orders`];
    const { code, stderr } = await helmWithChart(['template', 'daybreak'], args);
    expect([variable, success, code, stderr]).toEqual(
      own.includes(variable) ? [variable, true, 0, ''] : [variable, false, 1, expect.stringContaining(variable)],
    );
  }
});

test.each([
  ['that no ConfigMap can hold', 'x'.repeat(1_000_000), 'Put the pipelines into the image, and set pipelines.path'],
  // Helm would write U+FFFD instead, and the table would have other rows without a message.
  [
    'in Latin-1',
    Buffer.from('code,name\nFR,Café\n', 'latin1'),
    'The file table.csv of the pipeline events is not UTF-8',
  ],
  ['that are binary', gzipSync('code,name\n'), 'The file table.csv of the pipeline events is not UTF-8'],
])('refuses files %s', async (_, content, message) => {
  const folder = mkdtempSync(join(tmpdir(), 'daybreak-files-'));
  try {
    const file = join(folder, 'table.csv');
    writeFileSync(file, content);
    const args = [...withVolume, '--set-file', `pipelines.files.events.table\\.csv=${file}`];
    const { stderr } = await helmWithChart(['template', 'daybreak'], args);
    expect(stderr).toContain(message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What Helm prints after an installation. */
async function notesOf(args: readonly string[]): Promise<string> {
  const { stdout } = await helmWithChart(['install', 'daybreak', '--dry-run=client'], args);
  return stdout.split('NOTES:')[1] ?? '';
}

it('says what comes next after an installation', async () => {
  const notes = await notesOf(withS3);
  for (const name of ['deployment/daybreak-speed', 'deployment/daybreak-batch', 'job/daybreak-start-events'])
    expect(notes).toContain(name);
  expect(notes).toContain('daybreak status --pipeline events');
});

it('advises to start only what has workers', async () => {
  const advised = async (set: string): Promise<string[]> => {
    const notes = await notesOf([...withS3, '--set', set, '--set-json', 'start={}']);
    return [...notes.matchAll(/daybreak (speed start|schedule apply)/g)].map(([, command = '']) => command);
  };
  expect(await advised('speed.enabled=true')).toEqual(['speed start', 'schedule apply']);
  expect(await advised('speed.enabled=false')).toEqual(['schedule apply']);
  expect(await advised('batch.enabled=false')).toEqual(['speed start']);
});

it('names only Jobs that it makes', async () => {
  const both = EXAMPLES['image'] ?? [];
  const notes = await notesOf([...both, '--set', 'start.events.speed=false,start.events.schedule=false']);
  expect(notes.match(/job\/\S+/g)).toEqual(['job/daybreak-start-rides']);
  expect(notes).toContain('daybreak status --pipeline events');
});

it('says where files of a volume belong, and how Druid reads what is published there', async () => {
  const served = await notesOf(withVolume);
  expect(served).toContain('data/<pipeline>/input of the claim daybreak-data');
  expect(served).not.toContain('batch.outputServer');
  expect(await notesOf([...withVolume, '--set', 'batch.outputServer.enabled=false'])).toContain(
    'batch.outputServer is off',
  );
  expect(served).not.toContain('start.events.from');
  expect(await notesOf([...withVolume, '--set', 'start.events.from='])).toContain('or with start.events.from');
});
