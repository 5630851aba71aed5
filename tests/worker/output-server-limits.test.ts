import { mkdir, mkdtemp, readdir, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { get, type Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import pino from 'pino';
import { startOutputServer, type OutputLimits } from '../../worker/output-server';
import { until as untilFound } from '../integration/support/until';

const TOKEN = 'sixteen-characters-or-more';
const AUTHORIZATION = `Basic ${Buffer.from(`daybreak:${TOKEN}`).toString('base64')}`;
const FOLDER = 'events/output/.versions/2026-03-14/0123456789abcdef';
/** More than the sockets of both ends can buffer. */
const LARGE = 256 * 1024 ** 2;
const WIDE: OutputLimits = { requestMilliseconds: 3_600_000, idleMilliseconds: 3_600_000, connections: 100 };

let data: string;
const servers: Server[] = [];
const sockets: Socket[] = [];

beforeAll(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-output-'));
  await mkdir(join(data, FOLDER), { recursive: true });
  await writeFile(join(data, FOLDER, '07.ndjson'), '{"a":1}\n');
  await writeFile(join(data, FOLDER, '08.ndjson'), '');
  await truncate(join(data, FOLDER, '08.ndjson'), LARGE);
});
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});
afterAll(() => rm(data, { recursive: true }));

async function serving(limits: Partial<OutputLimits>, host: string | undefined = '127.0.0.1'): Promise<number> {
  const logger = pino({ level: 'silent' });
  const server = await startOutputServer({ data, host, port: 0, token: TOKEN, logger, limits: { ...WIDE, ...limits } });
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

/** A connection that sends this request and reads nothing. */
function asking(port: number, request: string, host = '127.0.0.1'): Socket {
  const socket = connect(port, host, () => socket.write(request)).on('error', () => undefined);
  sockets.push(socket.pause());
  return socket;
}
const wholeRequest = (file: string): string =>
  `GET /${FOLDER}/${file} HTTP/1.1\r\nhost: x\r\nauthorization: ${AUTHORIZATION}\r\n\r\n`;

async function read(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: AUTHORIZATION };
    get({ host: '127.0.0.1', port, path: `/${FOLDER}/07.ndjson`, headers, agent: false }, (response) => {
      text(response).then(resolve, reject);
    }).on('error', reject);
  });
}

/** How many files of the data folder this process has open. */
async function openFiles(): Promise<number> {
  const descriptors = await readdir('/proc/self/fd');
  const files = await Promise.all(descriptors.map((each) => readlink(`/proc/self/fd/${each}`).catch(() => '')));
  return files.filter((file) => file.startsWith(data)).length;
}

async function connections(): Promise<number> {
  return new Promise((resolve, reject) => {
    servers[0]?.getConnections((error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

/** This process is both ends, so that a poll is cheap. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  await untilFound(String(condition), condition, { pauseMs: 20 });
}

it('a reader that stops reading keeps neither its socket nor its file', async () => {
  const port = await serving({ idleMilliseconds: 500 });
  asking(port, wholeRequest('08.ndjson'));
  await until(async () => (await openFiles()) === 1);
  await until(async () => (await openFiles()) === 0);
  await until(async () => (await connections()) === 0);
  expect(await read(port)).toBe('{"a":1}\n');
});

it('a reader that goes away keeps no file', async () => {
  const port = await serving({});
  const socket = asking(port, wholeRequest('08.ndjson'));
  await until(async () => (await openFiles()) === 1);
  socket.destroy();
  await until(async () => (await openFiles()) === 0);
});

it('a reader that is slow, and not still, gets the whole file', async () => {
  // The system takes some MiB before the server notices that the reader goes on, and this process is both of them.
  const port = await serving({ idleMilliseconds: 4_000, requestMilliseconds: 500 });
  const socket = asking(port, wholeRequest('08.ndjson'));
  let received = 0;
  const started = Date.now();
  const ended = new Promise<void>((resolve) => socket.on('close', resolve));
  socket.on('data', (chunk: Buffer) => {
    received += chunk.length;
    socket.pause();
    // The transfer takes longer than either limit, but never pauses that long.
    const hurry = Date.now() - started > 5_000;
    setTimeout(() => socket.resume(), hurry ? 0 : 10);
    if (received > LARGE) socket.end();
  });
  socket.resume();
  await ended;
  expect(received).toBeGreaterThan(LARGE);
});

it.each([
  ['says nothing', ''],
  ['never ends its headers', 'GET / HTTP/1.1\r\nhost: x\r\n'],
  ['never sends its body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n'],
])('a connection that %s is closed', async (_, request) => {
  const port = await serving({ requestMilliseconds: 300 });
  asking(port, request);
  await until(async () => (await connections()) === 1);
  await until(async () => (await connections()) === 0);
});

it('more connections than the bound are closed at once, and one that ends makes room', async () => {
  const port = await serving({ connections: 2 });
  const [first] = [asking(port, ''), asking(port, '')];
  await until(async () => (await connections()) === 2);
  await expect(read(port)).rejects.toThrow(/socket hang up|ECONNRESET/);
  first.destroy();
  await until(async () => (await connections()) === 1);
  expect(await read(port)).toBe('{"a":1}\n');
});

it('it listens on the one address that it is given', async () => {
  const port = await serving({}, '127.0.0.1');
  expect(await read(port)).toBe('{"a":1}\n');
  const elsewhere = asking(port, wholeRequest('07.ndjson'), '127.0.0.2');
  const error = await new Promise((resolve) => elsewhere.once('error', resolve).once('connect', resolve));
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
});

it('names the address that is not of this machine', async () => {
  await expect(serving({}, '192.0.2.1')).rejects.toMatchObject({
    code: 'PORT_TAKEN',
    what: expect.stringContaining('192.0.2.1') as string,
    remedy: expect.stringContaining('DAYBREAK_OUTPUT_HOST') as string,
  });
});
