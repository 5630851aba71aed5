import { createHash, timingSafeEqual } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, realpath, type FileHandle } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { dirname, join, relative } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { OUTPUT_USER } from '../activities/batch/input-source';
import { DaybreakError, messageOf } from '../domain/errors';
import { ROWS_FILE } from '../engines/versions/day-output';
import { READ_UNTRUSTED, regularFileWithin } from '../clients/storage/local/safe-path';

export interface OutputServerOptions {
  /** Absolute path; see Config.data. */
  readonly data: string;
  /** The address to listen on; undefined for every address of this machine. */
  readonly host?: string | undefined;
  readonly port: number;
  /** The secret that a reader must send. */
  readonly token: string;
  readonly logger: Logger;
  readonly limits?: OutputLimits;
}

export interface OutputLimits {
  /** How long a reader may take to send its request. */
  readonly requestMilliseconds: number;
  /** How long a reader may pause without reading. */
  readonly idleMilliseconds: number;
  /** The maximum number of readers at once. Others are refused, and Druid tries again. */
  readonly connections: number;
}

/** A Druid that is busy writing a segment reads nothing for a while. A day has some dozens of tasks. */
const LIMITS: OutputLimits = { requestMilliseconds: 10_000, idleMilliseconds: 300_000, connections: 256 };

/** Only the rows of published versions, which never change; nothing else below the data folder. */
const OUTPUT_FILE = new RegExp(
  `^/[a-z][a-z0-9-]*/output/\\.versions/\\d{4}-\\d\\d-\\d\\d/[0-9a-f]{16}/${ROWS_FILE.source}$`,
);

/**
 * Serves published rows to a Druid that does not share the data folder: read-only, and only to readers with the token.
 * Throws PORT_TAKEN if it cannot listen.
 */
export async function startOutputServer(options: OutputServerOptions): Promise<Server> {
  const { data, host, port, token, logger, limits = LIMITS } = options;
  const expected = digest(`Basic ${Buffer.from(`${OUTPUT_USER}:${token}`).toString('base64')}`);
  const { requestMilliseconds } = limits;
  const times = {
    headersTimeout: requestMilliseconds,
    requestTimeout: requestMilliseconds,
    connectionsCheckingInterval: requestMilliseconds,
  };
  const server = createServer(times, (request, response) => {
    answer(request, response).catch((thrown: unknown) => {
      logger.warn({ url: request.url, error: messageOf(thrown) }, 'an output file was not served');
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="daybreak"' }).end();
      return;
    }
    const path = request.url ?? '';
    if (request.method !== 'GET' || !OUTPUT_FILE.test(path)) {
      response.writeHead(404).end();
      return;
    }
    await send(data, join(data, path), request.headers.range, response);
  }

  server.timeout = limits.idleMilliseconds;
  server.maxConnections = limits.connections;
  server.listen(port, host);
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw new DaybreakError('PORT_TAKEN', {
      what: `the worker cannot listen on port ${port} of DAYBREAK_OUTPUT_URL${host === undefined ? '' : ` at ${host}`}: ${messageOf(cause)}`,
      remedy:
        'Stop the program that uses it, give DAYBREAK_OUTPUT_URL another port, or set DAYBREAK_OUTPUT_HOST to an address of this machine.',
      cause,
    });
  }
  return server;
}

/** Druid requests the rest of a file, `bytes=N-`, after a connection broke. */
async function send(data: string, path: string, range: string | undefined, response: ServerResponse): Promise<void> {
  const file = await openPublished(data, path).catch(() => undefined);
  if (file === undefined) {
    response.writeHead(404).end();
    return;
  }
  const { size } = await file.stat();
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  if (start > 0 && start >= size) {
    await file.close();
    response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
    return;
  }
  response.writeHead(start > 0 ? 206 : 200, {
    'content-type': path.endsWith('.ndjson') ? 'application/x-ndjson' : 'application/octet-stream',
    'content-length': size - start,
    ...(start > 0 && { 'content-range': `bytes ${start}-${size - 1}/${size}` }),
  });
  await pipeline(createReadStream('', { fd: file, start }), response);
}

/** Throws if it is not a file, or if a link leads to it. */
async function openPublished(data: string, path: string): Promise<FileHandle> {
  const real = await regularFileWithin(dirname(path), path);
  if (real !== join(await realpath(data), relative(data, path))) throw new Error('a link leads there');
  return open(real, READ_UNTRUSTED);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
