import { Runtime } from '@temporalio/worker';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import pino from 'pino';
import { readConfig } from '../../worker/config';
import { installRuntime, temporalLogger } from '../../worker/runtime';

let lines: Record<string, unknown>[] = [];
const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Record<string, unknown>) });

beforeEach(() => {
  lines = [];
});

it('works without metrics where their port is taken, and says so once', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo; // It listens on a port.
  installRuntime(readConfig({ DAYBREAK_WORKER_PORT: String(port) }), logger);
  await Runtime.instance().shutdown();
  other.close();
  expect(lines).toMatchObject([{ level: 40, bindAddress: `127.0.0.1:${port}` }]);
});

it.each(['localhost', '::', '::1', '0.0.0.0'])('serves metrics on %s', async (host) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  other.close();
  await once(other, 'close');
  installRuntime(readConfig({ DAYBREAK_WORKER_HOST: host, DAYBREAK_WORKER_PORT: String(port) }), logger);
  await Runtime.instance().shutdown();
  expect(lines).toEqual([]);
});

it.each(['worker', '[::]', '127.0.0.1:9464', '1.2.3'])('refuses to listen on %s', (host) => {
  expect(() => readConfig({ DAYBREAK_WORKER_HOST: host })).toThrow(
    `DAYBREAK_WORKER_HOST is '${host}': it must be an IP`,
  );
});

it.each([
  ['a workflow', { workflowId: 'daily-batch/events/2026-11-21', runId: 'r-1' }],
  ['an activity', { workflowId: 'daily-batch/events/2026-11-21', workflowRunId: 'r-1' }],
])('names pipeline, date and run on a line of %s', (_, attributes) => {
  temporalLogger(logger).info('a line', attributes);
  expect(lines).toMatchObject([{ msg: 'a line', pipeline: 'events', date: '2026-11-21', run: 'r-1' }]);
});

it('keeps the message of an error', () => {
  temporalLogger(logger).warn('Activity failed', { error: new Error('no space left') });
  expect(lines).toMatchObject([{ msg: 'Activity failed', err: { message: 'no space left' } }]);
});

it('names the pipeline alone where a workflow is of no day, and nothing on the worker’s own lines', () => {
  const temporal = temporalLogger(logger);
  temporal.info('a line', { workflowId: 'speed-layer/events', runId: 'r-2' });
  temporal.warn('another');
  temporal.debug('left out');
  expect(lines).toMatchObject([{ pipeline: 'events', run: 'r-2' }, { msg: 'another' }]);
  expect(lines[0]).not.toHaveProperty('date');
  expect(lines[1]).not.toHaveProperty('pipeline');
});
