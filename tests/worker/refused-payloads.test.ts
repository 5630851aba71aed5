import { Client } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { Runtime, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { dateAttribute, outcomeAttribute, pipelineAttribute } from '../../domain/search-attributes';
import { speedLayerId } from '../../domain/speed-layer';
import { TASK_QUEUES } from '../../domain/task-queues';
import { errorInLog } from '../../scripts/demo/error-in-log';
import { artifactsOf } from '../../scripts/stack/fetch/artifacts';
import { silentProgress } from '../../scripts/stack/progress';
import { speedView } from '../../scripts/operate/speed/speed-status';
import { readConfig } from '../../worker/config';
import { dataConverterOf, workerConverterOf } from '../../worker/connect';
import { temporalLogger } from '../../worker/runtime';
import { until } from '../workflows/environment';
import { keptWorkflowBundle } from '../workflows/kept-bundle';

const key = (id: string): string => `${id}:${randomBytes(32).toString('base64')}`;
const [first, second] = [key('first'), key('second')];
const encrypting = (keys: string): Environment => ({ DAYBREAK_PAYLOAD_KEYS: keys });

type Environment = Readonly<Record<string, string>>;

let lines: Record<string, unknown>[] = [];
let environment: TestWorkflowEnvironment;
const bundles = new Map<boolean, WorkflowBundleOption>();

beforeAll(async () => {
  const serializers = { err: errorInLog };
  const logger = pino(
    { level: 'warn', serializers },
    { write: (line: string) => lines.push(JSON.parse(line) as (typeof lines)[0]) },
  );
  Runtime.install({ logger: temporalLogger(logger), telemetryOptions: { logging: { forward: {} } } });
  const path = await artifactsOf(silentProgress).temporal();
  environment = await TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path },
      searchAttributes: [pipelineAttribute, dateAttribute, outcomeAttribute],
      log: { format: 'pretty', level: 'never' },
    },
  });
  for (const variables of [{}, encrypting(first)]) {
    bundles.set(
      'DAYBREAK_PAYLOAD_KEYS' in variables,
      await keptWorkflowBundle(workerConverterOf(readConfig(variables))),
    );
  }
});

afterAll(() => environment.teardown());

const clientOf = (variables: Environment): Client =>
  new Client({ connection: environment.connection, dataConverter: dataConverterOf(readConfig(variables)) });

/** Serves the speed layer while `work` runs, as a worker with these variables does. */
async function serve(variables: Environment, work: () => Promise<void>): Promise<void> {
  const workflowBundle = bundles.get('DAYBREAK_PAYLOAD_KEYS' in variables);
  const worker = await Worker.create({
    ...(workflowBundle && { workflowBundle }),
    connection: environment.nativeConnection,
    taskQueue: TASK_QUEUES.speed,
    dataConverter: workerConverterOf(readConfig(variables)),
    activities: {
      prepareSpeedLayer: () => Promise.resolve({ setup: 'prepared' }),
      runSpeedShard: () => sleep(500).then(() => ({ ended: 'time-over', partitions: [] })),
      watchSupervisor: () => sleep(500).then(() => ({ healthy: true, state: 'RUNNING' })),
      tellPartitions: () => sleep(500).then(() => []),
    },
  });
  await worker.runUntil(work);
}

interface Refusal {
  readonly written: Environment;
  readonly read: Environment;
  readonly what: string;
  readonly remedy: string;
}

it.each<[string, Refusal]>([
  [
    'a worker that lacks its key',
    {
      ...{ written: encrypting(first), read: encrypting(second) },
      what: "encrypted with key 'first', which DAYBREAK_PAYLOAD_KEYS does not have",
      remedy: 'Add that key',
    },
  ],
  [
    'a worker without keys',
    {
      ...{ written: encrypting(first), read: {} },
      what: 'is encrypted, and DAYBREAK_PAYLOAD_KEYS is not set',
      remedy: 'Set DAYBREAK_PAYLOAD_KEYS',
    },
  ],
  [
    'a strict worker, of what is not encrypted',
    {
      ...{ written: {}, read: { ...encrypting(first), DAYBREAK_PAYLOAD_STRICT: 'true' } },
      what: 'not encrypted, and DAYBREAK_PAYLOAD_STRICT refuses it',
      remedy: 'unset DAYBREAK_PAYLOAD_STRICT',
    },
  ],
])('the log of %s and the status name it, and the run goes on once it can be read', async (name, refusal) => {
  lines = [];
  const client = clientOf(refusal.written);
  const pipeline = name.replaceAll(/\W+/g, '-');
  const handle = await client.workflow.start('speedLayer', {
    ...{ taskQueue: TASK_QUEUES.speed, workflowId: speedLayerId(pipeline), args: [{ pipeline: 'events' }] },
  });
  await serve(refusal.read, async () => {
    await until(async () => ((await handle.describe()).raw.pendingWorkflowTask?.attempt ?? 0) > 2);
    const { unanswered } = await speedView(client, pipeline);
    expect(unanswered?.what).toContain('BAD_CONFIGURATION');
    expect(unanswered?.what).toContain(refusal.what);
    expect(unanswered?.what).toContain(refusal.remedy);
    expect(unanswered?.remedy).not.toContain('--anew');
  });
  const told = lines.map((line) => JSON.stringify(line)).find((line) => line.includes('BAD_CONFIGURATION'));
  expect(told).toContain(refusal.what);
  expect(told).toContain(refusal.remedy);
  expect((await handle.describe()).status.name).toBe('RUNNING');
  await serve(refusal.written, async () => {
    // Temporal answers no query before the task's next attempt.
    await until(async () => (await speedView(client, pipeline)).state === 'running');
  });
  await handle.terminate();
});
