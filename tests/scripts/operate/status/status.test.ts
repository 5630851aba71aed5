import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as pipelineFolder from '../../../../scripts/operate/pipeline-folder';
import { pollStatus, type Status } from '../../../../scripts/operate/status/status';
import { readConfig } from '../../../../worker/config';
import * as connect from '../../../../worker/connect';
import { NO_SERVERS } from '../../cli/run-daybreak';

jest.mock('../../../../worker/connect', () => {
  const actual = jest.requireActual<typeof connect>('../../../../worker/connect');
  return { ...actual, withClient: jest.fn(actual.withClient) };
});
jest.mock('../../../../scripts/operate/pipeline-folder', () => {
  const actual = jest.requireActual<typeof pipelineFolder>('../../../../scripts/operate/pipeline-folder');
  return { ...actual, readPipelineFolder: jest.fn(actual.readPipelineFolder) };
});

let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-status-'));
});
afterEach(() => rm(data, { recursive: true }));

function statusAt(addresses: Readonly<Record<string, string>>): Promise<Status> {
  const config = readConfig({ ...addresses, DAYBREAK_DATA: data, DAYBREAK_STACK: join(data, 'none') });
  return pollStatus(config, { pipeline: 'events', portBase: undefined });
}

it('waits once for a Temporal that is away, and shows the rest', async () => {
  const status = await statusAt(NO_SERVERS);
  expect(status).toMatchObject({ temporal: false, speed: undefined, paused: undefined, days: [], waiting: [] });
  expect(status.servers.map(({ up }) => up)).toEqual([false, false, false, false]);
  expect(connect.withClient).toHaveBeenCalledTimes(1);
});

it('checks the folder while the servers are asked', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const asked = once(server, 'connection');
  const { readPipelineFolder } = jest.requireActual<typeof pipelineFolder>(
    '../../../../scripts/operate/pipeline-folder',
  );
  jest.mocked(pipelineFolder.readPipelineFolder).mockImplementationOnce(async (...args) => {
    await asked;
    return readPipelineFolder(...args);
  });
  const { port } = server.address() as AddressInfo; // It listens on a port.
  const status = await statusAt({ ...NO_SERVERS, DRUID_BROKER_URL: `http://127.0.0.1:${port}` });
  expect(status).toMatchObject({ pipeline: 'events', folder: { version: expect.any(String) as string } });
  server.close();
});
