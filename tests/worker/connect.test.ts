import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { readConfig } from '../../worker/config';
import { withClient } from '../../worker/connect';

const DEADLINE_EXCEEDED = 4;

/**
 * Temporal's frontend, as far as a schedule's trigger needs it. The first `refusals` triggers end as in a busy server.
 * A frozen one says nothing after the connection is made.
 */
class Frontend {
  readonly triggers: string[] = [];
  frozen = false;

  private readonly server: Http2Server;
  private readonly refusals: number;

  private constructor(server: Http2Server, refusals: number) {
    this.server = server;
    this.refusals = refusals;
  }

  static async start(refusals: number): Promise<Frontend> {
    const server = createServer();
    const frontend = new Frontend(server, refusals);
    server.on('stream', (stream, headers) => void frontend.answer(stream, headers[':path']));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return frontend;
  }

  get address(): string {
    const { port } = this.server.address() as AddressInfo;
    return `127.0.0.1:${port}`;
  }

  stop(): void {
    this.server.close();
  }

  private async answer(stream: ServerHttp2Stream, path: string | undefined): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of stream) chunks.push(chunk as Buffer);
    if (path?.endsWith('/PatchSchedule')) this.triggers.push(Buffer.concat(chunks).toString('base64'));
    if (this.frozen && path?.endsWith('/GetSystemInfo') !== true) return;
    const type = { ':status': 200, 'content-type': 'application/grpc' };
    if (path?.endsWith('/PatchSchedule') && this.triggers.length <= this.refusals) {
      const refused = { 'grpc-status': DEADLINE_EXCEEDED, 'grpc-message': 'context deadline exceeded' };
      stream.respond({ ...type, ...refused }, { endStream: true });
      return;
    }
    stream.respond(type, { waitForTrailers: true });
    stream.on('wantTrailers', () => {
      stream.sendTrailers({ 'grpc-status': 0 });
    });
    // A message without fields, behind gRPC's five bytes of framing.
    stream.end(Buffer.alloc(5));
  }
}

let frontend: Frontend;
afterEach(() => {
  frontend.stop();
});

const trigger = (deadline?: number): Promise<void> =>
  withClient(readConfig({ TEMPORAL_ADDRESS: frontend.address }), (client) => {
    const call = () => client.schedule.getHandle('nightly/rides').trigger();
    return deadline === undefined ? call() : client.withDeadline(deadline, call);
  });

it('asks a server again that was too busy to answer in time, with the same request', async () => {
  frontend = await Frontend.start(2);
  await trigger();
  expect(frontend.triggers).toHaveLength(3);
  // Temporal knows the request by its id, so that it triggers once.
  expect(new Set(frontend.triggers).size).toBe(1);
});

it('gives up on a server that is always too busy', async () => {
  frontend = await Frontend.start(Infinity);
  await expect(trigger()).rejects.toMatchObject({
    code: 'TEMPORAL_UNREACHABLE',
    message: expect.stringContaining('context deadline exceeded') as string,
  });
  expect(frontend.triggers).toHaveLength(3);
});

it('does not ask again where the caller has set a deadline', async () => {
  frontend = await Frontend.start(Infinity);
  await expect(trigger(Date.now() + 60_000)).rejects.toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
  expect(frontend.triggers).toHaveLength(1);
});

it('gives up on a frozen server within seconds', async () => {
  frontend = await Frontend.start(0);
  frontend.frozen = true;
  const start = Date.now();
  await expect(trigger()).rejects.toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
  expect(Date.now() - start).toBeLessThan(25_000);
  expect(frontend.triggers).toHaveLength(1);
});
