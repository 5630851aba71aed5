import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverStatus } from '../../scripts/server-status';
import { readConfig } from '../../worker/config';

jest.setTimeout(60_000);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-status-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  delete process.env['DAYBREAK_STACK'];
});

/** A port at which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => server.once('listening', listening));
  const { port } = server.address() as AddressInfo; // It listens on a port.
  await new Promise((closed) => server.close(closed));
  return port;
}

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
  expect(servers.map(({ title, state, detail }) => [title, state, detail])).toEqual(
    [
      ['Temporal', 'TEMPORAL_ADDRESS'],
      ['Kafka', 'KAFKA_BROKERS'],
      ['Druid coordinator', 'DRUID_COORDINATOR_URL'],
      ['Druid broker', 'DRUID_BROKER_URL'],
    ].map(([title, variable]) => [title, 'down', `does not answer; where it runs elsewhere, set ${variable}`]),
  );
});

it('tells of a local stack that is down the command that starts it', async () => {
  process.env['DAYBREAK_STACK'] = folder;
  const servers = await serverStatus(readConfig({}), 24_000);
  expect(servers).toHaveLength(7);
  for (const { state, detail, remedy } of servers) {
    expect(state).toBe('down');
    expect(detail).toMatch(/^not running; its log is /);
    expect(remedy).toBe('Start what is down: npx daybreak up --port-base 24000');
  }
});
