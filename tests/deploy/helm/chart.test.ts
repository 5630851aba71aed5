import { composeParser } from '../check/compose-project';
import { EXAMPLES, helmWithChart, rendered } from './chart';
import { checkManifests, type ExpectedOfChart } from './check';
import { expectedOfChart } from './expected';
import { ofKind, parseManifests, podsOf } from './manifests';
import { helmProgram, schemaProblems } from './tools';

const BUILDING = 1_200_000;
// Each builds or fetches a program the first time.
beforeAll(helmProgram, BUILDING);
beforeAll(composeParser, BUILDING);
beforeAll(() => schemaProblems(''), BUILDING);

let expected: ExpectedOfChart;
beforeAll(async () => {
  expected = await expectedOfChart();
});

const names = Object.keys(EXAMPLES);
const argsOf = (name: string): readonly string[] => EXAMPLES[name] ?? [];

test.each(names)('nothing is wrong with the chart and the values of %s', async (name) => {
  expect(await helmWithChart(['lint', '--strict'], argsOf(name))).toMatchObject({ code: 0 });
  expect(checkManifests(await rendered(argsOf(name)), expected)).toEqual([]);
});

/** The checks read it instead: it is of the Prometheus operator. */
const IN_NO_SCHEMA = /WARN .*Couldn't find schema for kind ServiceMonitor/;

test.each(names)('Kubernetes takes what the values of %s make', async (name) => {
  const problems = await schemaProblems(await rendered(argsOf(name)));
  expect(problems.filter((problem) => !IN_NO_SCHEMA.test(problem))).toEqual([]);
});

const ONLY_SPEED =
  'batch.enabled=false,networkPolicy.enabled=true,networkPolicy.outputFrom[0].podSelector.matchLabels.app=druid';
const LONG = 'a-name-of-sixty-characters-or-so-as-a-pipeline-may-have-it';

test.each([
  ['a closed network', 's3', 'networkPolicy.enabled=true'],
  ['the batch layer alone', 's3', 'speed.enabled=false'],
  ['the speed layer alone', 's3', 'batch.enabled=false'],
  ['a network without the batch layer', 'volume', ONLY_SPEED],
  ['nothing to start', 'image', 'start.events.speed=false,start.events.schedule=false'],
  ['a ServiceAccount that is there', 's3', 'serviceAccount.create=false'],
  ['long names', 's3', `fullnameOverride=${LONG},pipelines.configMaps.${LONG}=x,start.${LONG}.shards=1`],
  ['more than half of a processor', 's3', 'batch.resources.limits.cpu=1500m,batch.resources.requests.cpu=1500m'],
])('nothing is wrong with %s', async (_, example, set) => {
  const text = await rendered([...argsOf(example), '--set', set]);
  expect([checkManifests(text, expected), await schemaProblems(text)]).toEqual([[], []]);
  const names = [...text.matchAll(/^ {2}name: (\S+)$/gm)].map(([, name = '']) => name);
  // The name of a Job becomes a label of its Pods.
  expect(names.filter((name) => name.length > 63)).toEqual([]);
});

it('gives every Pod the labels and annotations of pod', async () => {
  const pods = podsOf(parseManifests(await rendered(argsOf('everything'))));
  const without = pods.filter(
    ({ labels, annotations }) => labels['team'] !== 'data' || annotations['example.com/team'] !== 'data',
  );
  expect(without.map(({ owner }) => owner)).toEqual([]);
});

const WORDS = 'pipelines.configMaps.on=on,start.on.shards=1,pipelines.configMaps.null=y,start.null.shards=1';

test.each([
  ['dots', 'release.of.ours', 's3', 'nameOverride='],
  ['as many characters as Helm takes', `${'a'.repeat(39)}--${'b'.repeat(12)}`, 's3', 'nameOverride='],
  ['a word for the whole name', 'daybreak', 's3', 'fullnameOverride=on,networkPolicy.enabled=true'],
  ['digits only', '20261128', 's3', 'fullnameOverride=daybreak,nameOverride=1e3'],
  ['words that YAML takes for something else', 'off', 's3', WORDS],
  [
    'words for references',
    'off',
    'image',
    'secretFiles=on,serviceAccount.name=yes,pod.priorityClassName=no,image.pullSecrets[0]=off,batch.data.volume.existingClaim=on',
  ],
  ['words for the class of a volume', 'off', 'volume', 'batch.data.volume.storageClass=on'],
])('names are valid: %s', async (_, release, example, set) => {
  const { stderr, stdout } = await helmWithChart(['template', release], [...argsOf(example), '--set', set]);
  expect([stderr, checkManifests(stdout, expected), await schemaProblems(stdout)]).toEqual(['', [], []]);
  // A Service begins with a letter and has no dots.
  const names = ofKind(parseManifests(stdout), 'Service').map(({ metadata }) => metadata.name);
  expect(names.filter((name) => !/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))).toEqual([]);
});

it('makes valid names of pipelines whose names end with -, and keeps those of others', async () => {
  const files = Object.fromEntries(
    ['orders', 'orders-', 'orders--'].map((name) => [name, { 'pipeline.yaml': name, 'transform.sql': name }]),
  );
  const start = Object.fromEntries(Object.keys(files).map((name) => [name, {}]));
  const json = [
    '--set-json',
    `pipelines.files=${JSON.stringify(files)}`,
    '--set-json',
    `start=${JSON.stringify(start)}`,
  ];
  const manifests = parseManifests(await rendered([...argsOf('volume').slice(0, 2), ...json]));
  for (const [kind, of] of [
    ['ConfigMap', 'pipeline'],
    ['Job', 'start'],
    ['Pod', 'status'],
  ] as const) {
    const names = ofKind(manifests, kind).map(({ metadata }) => metadata.name);
    expect([names.length, new Set(names).size]).toEqual([3, 3]);
    expect(names).toContain(`daybreak-${of}-orders`);
    expect(names.filter((name) => !/^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name))).toEqual([]);
  }
});

const T = 'deploy/helm/daybreak/templates';

test.each([
  [`${T}/speed.yaml`, 'maxSurge:', 'maximumSurge:', 'maximumSurge'],
  [`${T}/_pod.tpl`, 'periodSeconds: 20', "periodSeconds: '20'", "'20' is not of type"],
  [`${T}/networkpolicy.yaml`, 'podSelector:', 'selector:', "'selector' was unexpected"],
])("Kubernetes' schemas find in %s that %s became %s", async (file, from, to, problem) => {
  const problems = await schemaProblems(await rendered(argsOf('everything'), { file, from, to }));
  expect(problems).toContainEqual(expect.stringContaining(problem));
});

test.each([
  ['a probe', '_pod.tpl', '  readinessProbe:', '  lifecycle:', 'has no readiness probe'],
  ['the path of a probe', '_pod.tpl', 'path: /health', 'path: /healthz', 'asks /healthz for its startup'],
  ['the port of a probe', '_pod.tpl', 'port: health }', 'port: metrics }', 'asks port metrics for its liveness'],
  ['the port of health', '_pod.tpl', 'containerPort: 9465', 'containerPort: 9466', 'not the one behind'],
  ['how often liveness tries', '_pod.tpl', 'add 3 (div', 'add 0 (div', 'killed by its liveness probe while it drains'],
  [
    'the grace',
    'batch.yaml',
    'terminationGracePeriodSeconds: {{ .Values.batch.terminationGracePeriodSeconds }}',
    'terminationGracePeriodSeconds: 30',
    'Deployment daybreak-batch has 30 s to end',
  ],
  ['the memory of builds', '_environment.tpl', 'div $mebibytes 4', 'div $mebibytes 2', 'builds with 8192 MiB'],
  [
    'the threads of builds',
    '_environment.tpl',
    '"DAYBREAK_BUILD_THREADS" (',
    '"DAYBREAK_SPEED_SLOTS" (',
    'a thread for',
  ],
  ['limits', 'start.yaml', 'resources:', 'lifecycle:', 'Job daybreak-start-clicks has no requests and limits'],
  [
    'room',
    'speed.yaml',
    'emptyDir: { sizeLimit: {{ .Values.speed.scratchSize }} }',
    'emptyDir: {}',
    'no limit for tmp',
  ],
  ['root', '_pod.tpl', 'runAsNonRoot: true', 'runAsNonRoot: false', 'may run as root'],
  ['the user', '_pod.tpl', '  runAsUser: 1000\n', '', 'has no user by number'],
  ['the group', '_pod.tpl', '  fsGroup: 1000\n', '', 'has no group for its volumes'],
  ['seccomp', '_pod.tpl', 'type: RuntimeDefault', 'type: Unconfined', 'has no seccomp profile'],
  ['the token', '_pod.tpl', 'automountServiceAccountToken: false', 'hostIPC: false', 'gets a token of Kubernetes'],
  ['service links', '_pod.tpl', 'enableServiceLinks: false', 'hostIPC: false', 'gets variables of Services'],
  [
    'privileges',
    '_pod.tpl',
    'allowPrivilegeEscalation: false',
    'allowPrivilegeEscalation: true',
    'may gain privileges',
  ],
  ['the root file system', '_pod.tpl', 'readOnlyRootFilesystem: true', 'privileged: false', 'may write to the root'],
  ['capabilities', '_pod.tpl', 'drop: [ALL]', 'drop: [MKNOD]', 'keeps capabilities in worker'],
  [
    'the image',
    '_names.tpl',
    'printf "%s@%s" .Values.image.repository .Values.image.digest',
    '.Values.image.repository',
    'is not pinned',
  ],
  ['the version', '../Chart.yaml', 'appVersion: 0.1.0', 'appVersion: 0.0.9', 'the chart is of version 0.0.9'],
  [
    'a variable',
    '_environment.tpl',
    '"DAYBREAK_DATA"',
    '"DAYBREAK_FOLDER"',
    'sets DAYBREAK_FOLDER, which no worker knows',
  ],
  [
    'a missing variable',
    '_environment.tpl',
    '"TEMPORAL_ADDRESS"',
    '"TEMPORAL_UI_URL"',
    'does not set TEMPORAL_ADDRESS',
  ],
  [
    'a variable twice',
    'tests.yaml',
    'env: {{-',
    'env:\n        - { name: KAFKA_BROKERS, value: x }\n        {{-',
    'sets KAFKA_BROKERS twice',
  ],
  [
    'a secret as a value',
    '_environment.tpl',
    '  valueFrom:\n    secretKeyRef: { name: {{ $secret.name | quote }}, key: {{ $secret.key | quote }} }',
    '  value: {{ $secret.key | quote }}',
    'has the secret KAFKA_SASL_PASSWORD as a value',
  ],
  [
    'the storage of the speed layer',
    '_environment.tpl',
    'eq .role "speed"',
    'eq .role "none"',
    'gives AWS_ACCESS_KEY_ID to',
  ],
  [
    'the output of the speed layer',
    '_environment.tpl',
    'if eq .role "batch"',
    'if ne .role "start"',
    'gives DAYBREAK_OUTPUT_URL to',
  ],
  [
    'the host of metrics',
    '_environment.tpl',
    '"DAYBREAK_WORKER_HOST" "0.0.0.0"',
    '"DAYBREAK_WORKER_HOST" "127.0.0.1"',
    'listens on 127.0.0.1 only',
  ],
  [
    'a value that the worker refuses',
    '_environment.tpl',
    '"DAYBREAK_WORKER_PORT" "9464"',
    '"DAYBREAK_WORKER_PORT" "80"',
    'would not start: .*DAYBREAK_WORKER_PORT',
  ],
  [
    'a selector',
    'speed.yaml',
    'app.kubernetes.io/component: speed',
    'app.kubernetes.io/component: batch',
    'Deployment daybreak-batch selects',
  ],
  [
    'a budget',
    'batch.yaml',
    'kind: PodDisruptionBudget\nmetadata:\n  name: {{ include "daybreak.fullname" . }}-batch',
    'kind: PodDisruptionBudget\nmetadata:\n  name: {{ include "daybreak.fullname" . }}-other',
    'does not select its Pods',
  ],
  [
    'an impossible budget',
    'speed.yaml',
    'maxUnavailable: {{ .Values.speed.disruptionBudget.maxUnavailable }}',
    'maxUnavailable: 0',
    'lets no node be drained',
  ],
  [
    'the policy',
    'networkpolicy.yaml',
    'include "daybreak.selector" . | nindent 6',
    'dict "daybreak/worker" "true" | toYaml | nindent 6',
    'leaves Job daybreak-start-clicks out',
  ],
  ['the monitor', 'metrics.yaml', '    - port: metrics', '    - port: figures', 'selects no port of a Service'],
  ['the job of alerts', 'metrics.yaml', 'replacement: daybreak', 'replacement: worker', 'has the job worker'],
  [
    'the autoscaler',
    'speed.yaml',
    'kind: Deployment\n    name: {{ include "daybreak.fullname" . }}-speed',
    'kind: Deployment\n    name: {{ include "daybreak.fullname" . }}',
    'scales nothing',
  ],
  [
    'replicas',
    'speed.yaml',
    'if not .Values.speed.autoscaling.enabled',
    'if .Values.speed.enabled',
    'and so does its autoscaler',
  ],
  ['the Service of metrics', 'speed.yaml', "        daybreak/worker: 'true'\n", '', 'selects 1 of 2 kinds of workers'],
  ['the target of a Service', 'batch.yaml', 'targetPort: output', 'targetPort: out', 'leads to the port out, which'],
  ['the port of metrics', '_pod.tpl', 'containerPort: 9464', 'containerPort: 9465', 'has its metrics elsewhere'],
  [
    'the address of the output',
    '_environment.tpl',
    'http://%s-output.',
    'http://%s-batch.',
    'where no Service leads to it',
  ],
  ['a port of the policy', 'networkpolicy.yaml', 'port: metrics', 'port: figures', 'opens figures, which nothing has'],
  [
    'the output in the policy',
    'networkpolicy.yaml',
    'port: output',
    'port: metrics',
    'lets nobody read published days',
  ],
  [
    'the overlap',
    'speed.yaml',
    'maxSurge: 1, maxUnavailable: 0',
    'maxSurge: 0, maxUnavailable: 1',
    'stops a Pod before another',
  ],
  [
    'the budget of several',
    'batch.yaml',
    'gt (int .Values.batch.replicas) 1',
    'gt (int .Values.batch.replicas) 2',
    'has no disruption budget',
  ],
  [
    'a volume',
    '_pod.tpl',
    '- { name: secret-files, mountPath: /run/daybreak, readOnly: true }',
    '',
    'does not mount secret-files',
  ],
  ['the folder of temporary files', '_pod.tpl', 'mountPath: /tmp', 'mountPath: /temporary', 'cannot write to /tmp'],
  [
    'the data',
    '_pod.tpl',
    '{ name: data, mountPath: /daybreak }',
    '{ name: data, mountPath: /daybreak, readOnly: true }',
    'cannot write to /daybreak/data',
  ],
  [
    'the folder of secrets',
    '_pod.tpl',
    'mountPath: /run/daybreak',
    'mountPath: /run/secrets',
    'reads KAFKA_TLS_CA_FILE from',
  ],
  [
    'the name of a volume',
    '_pod.tpl',
    '- { name: tmp, mountPath',
    '- { name: temporary, mountPath',
    'mounts temporary, which there is not',
  ],
  [
    'the folder of pipelines',
    '_pod.tpl',
    'mountPath: /etc/daybreak/pipelines/',
    'mountPath: /etc/pipelines/',
    'does not mount /etc/pipelines/clicks as a pipeline',
  ],
  [
    'an edit that does not arrive',
    '_pod.tpl',
    '{{ $name }}, readOnly: true }',
    '{{ $name }}, subPath: x, readOnly: true }',
    'as a pipeline',
  ],
  [
    'a key',
    'pipelines.yaml',
    'replace "/" ".."',
    'replace "/" "."',
    'mounts tables..countries.csv of daybreak-pipeline-clicks, which',
  ],
  ['a command', 'start.yaml', '"speed" "start"', '"speed" "begin"', 'runs speed begin'],
  ['a command that ends what runs', 'start.yaml', '"speed" "start"', '"speed" "stop"', 'runs speed stop'],
  ['a command with an effect each time', 'start.yaml', '"--shards" (', '"--anew" "--shards" (', 'runs speed start'],
  ['the role', '_pod.tpl', '--role, {{ .role }}', '--role, {{ .role }}s', 'runs worker --role speeds'],
  ['restarts', 'start.yaml', 'restartPolicy: Never', 'restartPolicy: OnFailure', 'is started again for ever'],
  [
    'what stays',
    'start.yaml',
    'ttlSecondsAfterFinished: ',
    'activeDeadlineSeconds: ',
    'stays when the release is removed',
  ],
  ['the next upgrade', 'start.yaml', 'before-hook-creation', 'hook-failed', 'is in the way of the next upgrade'],
])('a broken chart is found: %s', async (_, file, from, to, problem) => {
  const text = await rendered(argsOf('everything'), { file: `${T}/${file}`, from, to });
  expect(checkManifests(text, expected)).toContainEqual(expect.stringMatching(new RegExp(problem)));
});

test.each([
  ['type: Recreate', 'type: RollingUpdate', 'starts a second Pod while'],
  ['replicas: {{ .Values.batch.replicas }}', 'replicas: 2', 'has several Pods for a volume of one'],
])('a broken chart is found where the volume is of one Pod: %s', async (from, to, problem) => {
  const text = await rendered(argsOf('volume'), { file: `${T}/batch.yaml`, from, to });
  expect(checkManifests(text, expected)).toContainEqual(expect.stringContaining(problem));
});

test('a Secret in the chart is found', async () => {
  const change = { file: `${T}/pipelines.yaml`, from: 'kind: ConfigMap', to: 'kind: Secret' };
  const text = await rendered(argsOf('everything'), change);
  expect(() => checkManifests(text, expected)).toThrow('ConfigMap');
});
