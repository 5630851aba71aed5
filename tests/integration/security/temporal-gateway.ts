import { readFile } from 'node:fs/promises';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { Certificates } from './certificates';

/**
 * TLS in front of a real Temporal, for clients with a certificate of the authority only. The development server has no TLS
 * of its own, and to build the other one takes Go some minutes.
 */
export async function startTemporalGateway(
  target: string,
  { authority, server: { certificate, key } }: Certificates,
): Promise<{ readonly address: string; stop(): void }> {
  const { hostname, port } = new URL(`tcp://${target}`);
  const files = { ca: await readFile(authority), cert: await readFile(certificate), key: await readFile(key) };
  const open = new Set<TLSSocket>();
  const options = { ...files, requestCert: true, rejectUnauthorized: true, ALPNProtocols: ['h2'] };
  const server = createServer(options, (client) => {
    const temporal = connect(Number(port), hostname);
    open.add(client);
    client.once('close', () => {
      open.delete(client);
      temporal.destroy();
    });
    temporal.once('close', () => client.destroy());
    for (const socket of [client, temporal]) socket.on('error', () => socket.destroy());
    client.pipe(temporal).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    address: `127.0.0.1:${address.port}`,
    stop() {
      server.close();
      for (const client of open) client.destroy();
    },
  };
}
