import { once } from 'node:events';
import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DaybreakError, hasCode, messageOf } from '../../domain/errors';
import { progress } from '../output/print';

const HOST = '127.0.0.1';

/**
 * Serves a page at `/` that is made anew for each request, on this machine alone, until the server is closed.
 *
 * @param port 0 for a free one. Throws PORT_TAKEN, and WRONG_USAGE for one that only root may use.
 */
export async function serveReport(
  port: number,
  makePage: () => Promise<string>,
): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer();
  server.listen(port, HOST);
  try {
    await once(server, 'listening');
  } catch (cause) {
    if (hasCode(cause, 'EACCES')) {
      throw new DaybreakError('WRONG_USAGE', {
        what: `this user may not serve on port ${port}`,
        remedy: 'Give a port of 1024 or more with --port.',
        cause,
      });
    }
    if (!hasCode(cause, 'EADDRINUSE')) throw cause;
    throw new DaybreakError('PORT_TAKEN', {
      what: `port ${port} of ${HOST} is taken`,
      remedy: 'Give another with --port, or end the program that has it.',
      cause,
    });
  }
  const { port: served } = server.address() as AddressInfo;
  server.on('request', answering(served, makePage));
  return { url: `http://${HOST}:${served}/`, server };
}

function answering(port: number, makePage: () => Promise<string>): RequestListener {
  // Another site's page that reaches this machine by a name of its own must not read the report.
  const ownNames = [`${HOST}:${port}`, `localhost:${port}`];
  return ({ headers, url, method }, response) => {
    if (!ownNames.includes(headers.host ?? '')) answer(response, 403, 'This page is served to this machine alone.');
    else if (url !== '/') answer(response, 404, 'The report is at /');
    else if (method !== 'GET' && method !== 'HEAD') answer(response, 405, 'The report is only read.');
    else {
      makePage().then(
        (page) => {
          answer(response, 200, page, 'text/html; charset=utf-8');
        },
        (thrown: unknown) => {
          const text =
            thrown instanceof DaybreakError ? `${thrown.code} ${thrown.what}\n→ ${thrown.remedy}` : messageOf(thrown);
          progress(text);
          answer(response, 503, text);
        },
      );
    }
  };
}

function answer(response: ServerResponse, status: number, body: string, type = 'text/plain; charset=utf-8'): void {
  response.writeHead(status, {
    'content-type': type,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(response.req.method === 'HEAD' ? undefined : body);
}
