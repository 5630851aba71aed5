import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { once } from 'node:events';
import { forward } from '../support/forward';
import type { Certificates } from './certificates';
import type { Credentials } from './kafka-credentials';

/**
 * TLS and basic authentication in front of a real Druid service, as a reverse proxy adds them. Druid's own extension
 * for this is in no registry that tests can use.
 */
export async function startDruidGateway(
  target: string,
  { server: { certificate, key } }: Certificates,
  { username, password }: Credentials,
): Promise<{ readonly url: string; stop(): void }> {
  const expected = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const files = { cert: await readFile(certificate), key: await readFile(key) };
  const server = createServer(files, (incoming, outgoing) => {
    if (incoming.headers.authorization !== expected) {
      outgoing.writeHead(401).end('Unauthorized');
      return;
    }
    forward(target, incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    url: `https://127.0.0.1:${address.port}`,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}
