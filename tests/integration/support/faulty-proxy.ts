import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What goes wrong with a request, instead of passing it and its answer through. */
export type Fault =
  /** The proxy answers; the server gets no request. */
  | { readonly answer: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string }
  /** The connection ends after this many bytes of the answer's body. */
  | { readonly cutAfter: number }
  /** Nothing comes after this many bytes of the answer's body, and the connection stays open. */
  | { readonly silentAfter: number }
  /** The first byte of the answer's body is changed. */
  | 'damage the first byte'
  /** The server does what was asked, and its answer is lost. */
  | 'lose the answer'
  /** Runs after the server's answer has begun, and before any of it is passed on. */
  | { readonly meanwhile: () => Promise<void> };

export interface FaultyProxy {
  readonly url: string;
  /** Method and path with query of each request. */
  readonly seen: readonly string[];
  /** Applies the fault to the next `times` requests that fit. Default: 1. */
  fail(fits: (seen: string) => boolean, fault: Fault, times?: number): void;
  close(): Promise<void>;
}

/** Prefix for an address that the server names, so that the request there also goes through the proxy. */
const ELSEWHERE = '/elsewhere/';

/** A reverse proxy in front of a real storage. Redirects also go through it. */
export async function faultyProxy(target: string): Promise<FaultyProxy> {
  const seen: string[] = [];
  const faults: { fits: (seen: string) => boolean; fault: Fault; left: number }[] = [];
  const handle = (incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const { method = '', url = '/' } = incoming;
    const line = `${method} ${url}`;
    seen.push(line);
    const planned = faults.find(({ fits, left }) => left > 0 && fits(line));
    if (planned) planned.left -= 1;
    const fault = planned?.fault;
    if (typeof fault === 'object' && 'answer' in fault) {
      incoming.resume();
      outgoing.writeHead(fault.answer, fault.headers).end(fault.body);
      return;
    }
    const [, host, path] = url.startsWith(ELSEWHERE) ? (/^\/elsewhere\/([^/]+)(\/.*)$/.exec(url) ?? []) : [];
    const to = host === undefined ? new URL(url, target) : new URL(`http://${host}${path ?? ''}`);
    const headers = host === undefined ? incoming.headers : { ...incoming.headers, host };
    const forwarded = request(to, { method, headers }, (answer) => {
      void handBack(answer, outgoing, fault);
    });
    forwarded.once('error', () => outgoing.destroy());
    incoming.once('close', () => {
      if (!incoming.complete) forwarded.destroy();
    });
    incoming.pipe(forwarded);
  };
  const handBack = async (answer: IncomingMessage, outgoing: ServerResponse, fault?: Fault): Promise<void> => {
    const headers = { ...answer.headers };
    if (headers.location?.startsWith('http:') === true) {
      headers.location = headers.location.replace('http://', `http://${outgoing.req.headers.host ?? ''}${ELSEWHERE}`);
    }
    if (fault === 'lose the answer') {
      answer.resume().once('end', () => outgoing.destroy());
      return;
    }
    if (typeof fault === 'object' && 'meanwhile' in fault) await fault.meanwhile();
    outgoing.writeHead(answer.statusCode ?? 502, headers);
    const limit =
      typeof fault === 'object' && 'cutAfter' in fault
        ? fault.cutAfter
        : typeof fault === 'object' && 'silentAfter' in fault
          ? fault.silentAfter
          : undefined;
    if (fault === 'damage the first byte') {
      answer.once('data', (chunk: Buffer) => {
        chunk.writeUInt8(chunk.readUInt8(0) ^ 1, 0);
      });
    }
    if (limit === undefined) {
      answer.once('error', () => outgoing.destroy());
      answer.pipe(outgoing);
      return;
    }
    let sent = 0;
    for await (const chunk of answer.iterator({ destroyOnReturn: true }) as AsyncIterable<Buffer>) {
      const part = chunk.subarray(0, limit - sent);
      sent += part.length;
      await new Promise((resolve) => outgoing.write(part, resolve));
      if (sent >= limit) break;
    }
    if (typeof fault === 'object' && 'cutAfter' in fault) outgoing.destroy();
  };
  const server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    fail(fits, fault, times = 1) {
      faults.push({ fits, fault, left: times });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
