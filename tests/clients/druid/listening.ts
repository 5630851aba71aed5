import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createDruidClient, type DruidClient } from '../../../clients/druid';

export interface Seen {
  readonly url: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A server that records its requests. It ends with the test. */
export async function listening(answer: RequestListener): Promise<{ readonly url: string; readonly seen: Seen[] }> {
  const seen: Seen[] = [];
  const remember = async (request: IncomingMessage): Promise<void> => {
    const { url = '', headers } = request;
    seen.push({ url, authorization: headers.authorization, body: await text(request) });
  };
  const server = createServer((request, response) => {
    void remember(request).then(() => {
      answer(request, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

/** A Druid that gives one answer to every request. */
export async function druidAnswering(body: string, status = 200): Promise<DruidClient> {
  const { url } = await listening((_, response) =>
    response.writeHead(status, { 'content-type': 'application/json' }).end(body),
  );
  return createDruidClient({ coordinatorUrl: url, brokerUrl: url });
}
