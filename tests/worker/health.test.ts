import axios from 'axios';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import pino from 'pino';
import { startHealth, type Health } from '../../worker/health';

const lines: string[] = [];
const logger = pino({}, { write: (line: string) => lines.push(line) });

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a port.
  server.close();
  await once(server, 'close');
  return port;
}

describe('GET /health', () => {
  let health: Health;
  let base: string;
  beforeEach(async () => {
    const port = await freePort();
    base = `http://127.0.0.1:${port}`;
    health = await startHealth({ host: '127.0.0.1', port, layers: ['speed', 'batch'], logger });
  });
  afterEach(() => health.close());

  const get = async (path = '/health') => axios.get<unknown>(`${base}${path}`, { validateStatus: () => true });

  it('answers 503 before the queues are served, 200 while they are, and 503 while it drains', async () => {
    expect(await get()).toMatchObject({ status: 503, data: { status: 'starting', layers: ['speed', 'batch'] } });
    health.ready();
    expect(await get()).toMatchObject({ status: 200, data: { status: 'ready' } });
    health.draining();
    expect(await get()).toMatchObject({ status: 503, data: { status: 'draining' } });
  });

  it('goes on draining where the worker is told to end while it starts', async () => {
    health.draining();
    health.ready();
    expect(await get()).toMatchObject({ status: 503, data: { status: 'draining' } });
  });

  it('knows no other path', async () => {
    expect((await get('/')).status).toBe(404);
  });
});

it('is left out where its port is taken, and says so once', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo; // It listens on a port.
  lines.length = 0;
  const health = await startHealth({ host: '127.0.0.1', port, layers: ['batch'], logger });
  health.ready();
  await health.close();
  other.close();
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 40,
    port,
    msg: expect.stringContaining('DAYBREAK_WORKER_PORT') as string,
  });
});
