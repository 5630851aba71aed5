import { spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type * as ChildProcess from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type * as Stack from '../../../scripts/stack';
import { scratchFolder } from '../../engines/scratch';

jest.mock('node:child_process', () => ({
  ...jest.requireActual<typeof ChildProcess>('node:child_process'),
  spawn: jest.fn(),
}));
// The servers of the demo, without the servers.
jest.mock('../../../scripts/stack', () => ({
  ...jest.requireActual<typeof Stack>('../../../scripts/stack'),
  startStack: () => Promise.resolve({}),
  stopStack: () => Promise.resolve(),
}));

const FOREIGN = {
  TEMPORAL_ADDRESS: 'temporal.example:7233',
  KAFKA_BROKERS: 'kafka.example:9092',
  DRUID_COORDINATOR_URL: 'https://druid.example:8281',
  DAYBREAK_PORT_BASE: '45000',
  DAYBREAK_PIPELINES: '/pipelines-of-production',
  DAYBREAK_PIPELINE: 'orders',
  DAYBREAK_SLACK_URL: 'https://hooks.slack.example/T/B/x',
  // A pipeline's own webhook, see notify.webhooks.
  ORDERS_SLACK_URL: 'https://hooks.slack.example/T/B/y',
};
const KEPT = { DAYBREAK_CACHE: '/cache', AWS_ENDPOINT_URL: 'https://s3.example' };
const folder = scratchFolder();
const before = { cwd: process.cwd(), environment: process.env };

beforeAll(async () => {
  await cp(resolve('pipelines/events'), join(folder, 'pipelines/events'), { recursive: true });
  process.chdir(folder);
  process.env = { ...before.environment, ...FOREIGN, ...KEPT };
});
afterAll(() => {
  process.chdir(before.cwd);
  process.env = before.environment;
  process.exitCode = 0;
});

it('runs on its own servers alone, whatever servers the environment names', async () => {
  jest.mocked(spawn).mockImplementation((() => Object.assign(new EventEmitter(), { exitCode: 1 })) as never);
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const { run } = await import('../../../scripts/demo/demo');

  await run({ once: true, events: 1 });

  const [, args, options] = jest.mocked(spawn).mock.calls[0] ?? [];
  expect(args).toContain('worker');
  const environment = options?.env ?? {};
  expect(Object.keys(FOREIGN).filter((name) => environment[name] !== undefined)).toEqual([]);
  expect(existsSync(environment['TEMPORAL_CONFIG_FILE'] ?? folder)).toBe(false);
  expect(environment).toMatchObject({ ...KEPT, DAYBREAK_DATA: join(folder, '.daybreak/demo/data') });
});
