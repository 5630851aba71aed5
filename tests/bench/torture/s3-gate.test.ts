import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { S3Gate } from '../../../bench/torture/s3-gate';

let server: Server;
let gate: S3Gate;
let asked: number;

beforeEach(async () => {
  asked = 0;
  server = createServer((_, response) => {
    asked += 1;
    response.end('an object');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  gate = await S3Gate.open((server.address() as AddressInfo).port);
});

afterEach(async () => {
  await gate.close();
  server.close();
  server.closeAllConnections();
});

it('passes requests on while it is open, and answers each itself while it is throttled', async () => {
  expect(await (await fetch(gate.url)).text()).toBe('an object');

  gate.become('throttled');
  for (let request = 0; request < 3; request += 1) {
    const answer = await fetch(gate.url);
    expect([answer.status, await answer.text()]).toEqual([503, expect.stringContaining('<Code>SlowDown</Code>')]);
  }
  expect(asked).toBe(1);

  gate.become('open');
  expect(await (await fetch(gate.url)).text()).toBe('an object');
});

it('holds requests while it is cut', async () => {
  gate.become('cut');
  const held = fetch(gate.url);
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked).toBe(0);

  gate.become('open');
  expect((await held).status).toBe(200);
});
