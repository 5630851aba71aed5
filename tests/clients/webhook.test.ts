import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sendWebhook } from '../../clients/webhook';

let server: Server;
let url: string;
let answer: RequestListener;

beforeAll(async () => {
  server = createServer((request, response) => {
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hidden`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

function send(within?: number): Promise<void> {
  const message = { id: 'the-id', at: new Date(), body: '{}' };
  return sendWebhook({ variable: 'DAYBREAK_WEBHOOK_URL', url, format: 'json' }, message, within);
}

it('is done when the status comes: it reads no answer, which may be slow and without an end', async () => {
  let gone: Promise<unknown> | undefined;
  answer = (_, response) => {
    gone = once(response, 'close');
    response.writeHead(200).write('o');
    const more = setInterval(() => response.write('k'.repeat(10_000)), 1);
    response.on('close', () => {
      clearInterval(more);
    });
  };
  await send();
  await gone;
});

it('gives up a receiver that sends its status byte by byte', async () => {
  answer = ({ socket }) => {
    socket.write('HTTP/1.1 200 OK\r\nx: ');
    const more = setInterval(() => socket.write('x'), 20);
    socket.on('close', () => {
      clearInterval(more);
    });
  };
  const failure: unknown = await send(300).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({
    code: 'WEBHOOK_FAILED',
    what: 'the webhook of DAYBREAK_WEBHOOK_URL did not answer within 0.3 s',
  });
  expect(failure).not.toHaveProperty('cause');
});
