import { createServer } from 'node:http';
import { once } from 'node:events';
import type { Logger } from 'pino';
import type { Layer } from '../domain/task-queues';

export interface Health {
  /** From now on the endpoint answers 200, unless the worker is draining already. */
  readonly ready: () => void;
  /** From now on the endpoint answers 503: running work ends, and no other is taken. */
  readonly draining: () => void;
  readonly close: () => Promise<void>;
}

/**
 * GET /health: 200 while the task queues are served, 503 before and while draining, with the state as JSON. If the port
 * is taken, the worker works without it and logs this once.
 */
export async function startHealth(options: {
  readonly host: string;
  readonly port: number;
  readonly layers: readonly Layer[];
  readonly logger: Logger;
}): Promise<Health> {
  const { host, port, layers, logger } = options;
  const startedAt = new Date().toISOString();
  let status: 'starting' | 'ready' | 'draining' = 'starting';
  const server = createServer(({ method, url }, response) => {
    if (method !== 'GET' || url !== '/health') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(status === 'ready' ? 200 : 503, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ status, layers, startedAt }));
  });
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (reason) {
    logger.warn({ port, err: reason }, 'no health endpoint: set DAYBREAK_WORKER_PORT for another port');
  }
  return {
    ready() {
      if (status === 'starting') status = 'ready';
    },
    draining() {
      status = 'draining';
    },
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
