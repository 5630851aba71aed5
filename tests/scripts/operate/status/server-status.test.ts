import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverStatus } from '../../../../scripts/operate/status/server-status';
import { readConfig } from '../../../../worker/config';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-status-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  delete process.env['DAYBREAK_STACK'];
});

/** A port at which no program listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo; // It listens on a port.
  await new Promise((closed) => server.close(closed));
  return port;
}

/** Title, state and detail of servers elsewhere that do not answer. */
const DOWN = [
  ['Temporal', 'TEMPORAL_ADDRESS'],
  ['Kafka', 'KAFKA_BROKERS'],
  ['Druid coordinator', 'DRUID_COORDINATOR_URL'],
  ['Druid broker', 'DRUID_BROKER_URL'],
].map(([title, variable]) => [title, 'down', `does not answer; if it has another address, set ${variable}`]);

it('tells of each server elsewhere that does not answer which variable names it, in a line', async () => {
  process.env['DAYBREAK_STACK'] = join(folder, 'none');
  const at = `127.0.0.1:${await freePort()}`;
  const config = readConfig({
    TEMPORAL_ADDRESS: at,
    KAFKA_BROKERS: at,
    DRUID_COORDINATOR_URL: `http://${at}`,
    DRUID_BROKER_URL: `http://${at}`,
  });
  const servers = await serverStatus(config, undefined);
  expect(servers.map(({ title, state, detail }) => [title, state, detail])).toEqual(DOWN);
});

it('shows servers as down that take connections and never answer', async () => {
  process.env['DAYBREAK_STACK'] = join(folder, 'none');
  const taken: Socket[] = [];
  const frozen = createServer((socket) => taken.push(socket)).listen(0, '127.0.0.1');
  await new Promise((listening) => frozen.once('listening', listening));
  const at = `127.0.0.1:${(frozen.address() as AddressInfo).port}`; // It listens on a port.
  const away = `127.0.0.1:${await freePort()}`;
  const began = performance.now();
  try {
    const config = readConfig({
      TEMPORAL_ADDRESS: at,
      KAFKA_BROKERS: at,
      DRUID_COORDINATOR_URL: `http://${away}`,
      DRUID_BROKER_URL: `http://${at}`,
    });
    const servers = await serverStatus(config, undefined);
    expect(servers.map(({ title, state, detail }) => [title, state, detail])).toEqual(DOWN);
    expect(performance.now() - began).toBeLessThan(120_000);
  } finally {
    taken.forEach((socket) => socket.destroy());
    await new Promise((closed) => frozen.close(closed));
  }
});

it('tells of a local stack that is down the command that starts it', async () => {
  process.env['DAYBREAK_STACK'] = folder;
  const servers = await serverStatus(readConfig({ DAYBREAK_PORT_BASE: '24000' }), 24_000);
  expect(servers).toHaveLength(7);
  for (const { state, detail, remedy } of servers) {
    expect(state).toBe('down');
    expect(detail).toMatch(/^not running; its log is /);
    expect(remedy).toBe('Start what is down: npx daybreak up --port-base 24000');
  }
});

it('lists the local S3 of a stack that was started with it, with the command that starts it', async () => {
  const stack = join(folder, 'with-s3');
  process.env['DAYBREAK_STACK'] = stack;
  await mkdir(join(stack, 'run'), { recursive: true });
  await writeFile(join(stack, 'run', 'versitygw.pid'), '');
  const servers = await serverStatus(readConfig({ DAYBREAK_PORT_BASE: '24000' }), 24_000);
  expect(servers).toHaveLength(8);
  expect(servers.at(-1)).toMatchObject({ title: 'S3 (versitygw)', url: 'http://127.0.0.1:24012', state: 'down' });
  for (const { remedy } of servers) {
    expect(remedy).toBe('Start what is down: npx daybreak up --port-base 24000 --storage s3');
  }
});

it('asks the Druid that a worker asks, also where there is a local stack beside it', async () => {
  process.env['DAYBREAK_STACK'] = folder;
  const failing = createHttpServer((_, response) => response.writeHead(500).end('no memory')).listen(0, '127.0.0.1');
  await new Promise((listening) => failing.once('listening', listening));
  const { port } = failing.address() as AddressInfo; // It listens on a port.
  const [DRUID_COORDINATOR_URL, DRUID_BROKER_URL] = [`http://127.0.0.1:${port}`, `http://localhost:${port}`];
  try {
    const config = readConfig({ DAYBREAK_PORT_BASE: '24000', DRUID_COORDINATOR_URL, DRUID_BROKER_URL });
    const servers = await serverStatus(config, 24_000);
    expect(servers.map(({ title, url, state }) => [title, url, state])).toEqual([
      ['Temporal', expect.stringContaining('127.0.0.1:24'), 'down'],
      ['Kafka', expect.stringContaining('127.0.0.1:24'), 'down'],
      ['Druid coordinator', DRUID_COORDINATOR_URL, 'down'],
      ['Druid broker', DRUID_BROKER_URL, 'down'],
    ]);
    expect(servers[2]).toMatchObject({
      detail: expect.stringContaining('with 500: no memory') as string,
      remedy: 'Read its log. If you mean another server, correct DRUID_COORDINATOR_URL.',
    });
  } finally {
    failing.closeAllConnections();
    await new Promise((closed) => failing.close(closed));
  }
});
