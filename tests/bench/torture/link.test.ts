import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { Link, type LinkState } from '../../../bench/torture/link';
import { until } from '../../integration/support/until';

let server: Server;
let port: number;
let link: Link;
/** What the server has received, in the order of arrival. */
let received: string[];
const clients: Socket[] = [];

beforeEach(async () => {
  received = [];
  server = createServer((socket) => {
    socket.on('data', (chunk: Buffer) => {
      received.push(chunk.toString());
      socket.write(`echo ${chunk.toString()}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  link = await Link.open(port);
});

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  link.close();
  server.close();
});

/** Sends a text and resolves to the answer. */
async function send(text: string, to: number): Promise<string> {
  const client = connect(to, '127.0.0.1');
  clients.push(client);
  client.write(text);
  const [answer] = (await once(client, 'data')) as [Buffer];
  return answer.toString();
}

it.each<LinkState>(['open', 'slow'])('passes bytes both ways while it is %s', async (state) => {
  link.become(state);
  expect(await send('one', link.port)).toBe('echo one');
});

it('holds what is sent while it is cut, and passes it on afterwards', async () => {
  link.become('cut');
  const held = send('held', link.port);
  for (const text of ['1', '2', '3']) await send(text, port);
  expect(received).toEqual(['1', '2', '3']);

  link.become('open');
  expect(await held).toBe('echo held');
});

it('ends the other side of a connection that ends', async () => {
  await send('one', link.port);
  const connections = (): Promise<number> => promisify(server.getConnections.bind(server))();
  expect(await connections()).toBe(1);

  clients[0]?.destroy();
  await until('the end of the connection', async () => (await connections()) === 0);
});
