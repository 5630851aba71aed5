import axios, { type AxiosResponse } from 'axios';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { DaybreakError } from '../../../domain/errors';
import { retried, type RetryPolicy } from '../retry';
import type { WebHdfsAccess } from './access';
import { asJson, beginningOf, failureOf, unreachable, webHdfsError, WebHdfsFailure } from './webhdfs-errors';

export interface WebHdfsRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Absolute, without escapes. */
  readonly path: string;
  /** `op` and its parameters. */
  readonly query: Readonly<Record<string, string | number | boolean>>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The bytes that an operation takes: an array, which can be sent again after a failure, or a stream, which is sent
 * once.
 */
export type Upload = Uint8Array | Readable;

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly data?: Upload | undefined;
  readonly signal?: AbortSignal | undefined;
}

export type WebHdfsHttp = ReturnType<typeof createWebHdfsHttp>;

/** Milliseconds until an answer begins. */
const ANSWER_TIMEOUT = 60_000;
/** The status and text of errors are short. A page of a listing has 1,000 entries. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

/**
 * WebHDFS over HTTP. For the bytes of files a NameNode redirects to DataNodes, on other hosts. The address that it
 * names is requested once, unchanged and with nothing of ours added. It must be HTTP, or HTTPS if the NameNode's is
 * HTTPS. Requests that are safe to repeat are retried.
 */
export function createWebHdfsHttp({ origins, identity }: WebHdfsAccess, policy: RetryPolicy) {
  let active = 0;
  const http = axios.create({
    timeout: ANSWER_TIMEOUT,
    validateStatus: () => true,
    maxRedirects: 0,
    // A proxy from the environment would see the token and the rows.
    proxy: false,
    // An object is returned as it is stored.
    decompress: false,
    responseType: 'stream',
    maxBodyLength: Infinity,
  });

  async function send({ method, url, data, signal }: Sent): Promise<AxiosResponse<Readable>> {
    try {
      return await http.request<Readable>({
        method,
        url,
        ...(data && { data, headers: { 'content-type': 'application/octet-stream' } }),
        ...(signal && { signal }),
      });
    } catch (thrown) {
      signal?.throwIfAborted();
      throw unreachable(thrown);
    }
  }

  /** The answer of the NameNode, or of the DataNode that it names. */
  async function ask(request: WebHdfsRequest, data?: Upload): Promise<AxiosResponse<Readable>> {
    const { method, signal } = request;
    const origin = origins[active % origins.length] ?? '';
    let answer = await send({ method, url: urlOf(origin, request), signal });
    if (answer.status === 307) {
      const location = nextHop(answer, origin);
      answer.data.destroy();
      answer = await send({ method, url: location, data, signal });
    }
    if (answer.status >= 200 && answer.status < 300) return answer;
    if (answer.status >= 300 && answer.status < 400) {
      answer.data.destroy();
      throw new WebHdfsFailure(`it answered ${answer.status}, a redirect that WebHDFS does not have`, answer.status);
    }
    throw failureOf(answer.status, withoutToken(await text(answer.data).catch(() => ''), identity));
  }

  function urlOf(origin: string, { path, query }: Pick<WebHdfsRequest, 'path' | 'query'>): string {
    const url = new URL(`${origin}/webhdfs/v1${path === '' ? '/' : encodePath(path)}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, `${value}`);
    for (const [name, value] of Object.entries(identity)) url.searchParams.set(name, value);
    return url.href;
  }

  /** Tries every NameNode. Throws WebHdfsFailure. */
  async function attempt(request: WebHdfsRequest, data?: Upload): Promise<AxiosResponse<Readable>> {
    try {
      return await ask(request, data);
    } catch (thrown) {
      if (isPassing(thrown)) active += 1;
      throw thrown;
    }
  }

  const toError = (thrown: unknown, doing: string): unknown =>
    thrown instanceof WebHdfsFailure
      ? webHdfsError(
          new WebHdfsFailure(withoutToken(thrown.message, identity), thrown.status, thrown.exception),
          doing,
          origins,
        )
      : thrown;

  return {
    urlOf: (path: string, query: WebHdfsRequest['query']) =>
      urlOf(origins[active % origins.length] ?? '', { path, query }),
    toError,
    /** The parsed answer. Throws WebHdfsFailure, after its own retries. */
    async json<T>(request: WebHdfsRequest, schema: z.ZodType<T>, data?: Upload): Promise<T> {
      const body = await retried(
        async () => {
          const answer = await attempt(request, data);
          return readText(answer.data);
        },
        isPassing,
        // A stream can be sent only once.
        data instanceof Readable ? { ...policy, attempts: 1 } : policy,
        request.signal,
      );
      const answer = asJson(body);
      const parsed = schema.safeParse(answer);
      // Some operations have no answer, and any page of a proxy would do for them.
      if (parsed.success && (body === '' || answer !== undefined)) return parsed.data;
      throw new WebHdfsFailure(
        `its answer is not what WebHDFS gives: ${beginningOf(withoutToken(body, identity))}`,
        400,
      );
    },
    /** The bytes of the answer, and the length that it announces. Throws WebHdfsFailure, after its own retries. */
    async stream(request: WebHdfsRequest): Promise<{ readonly stream: Readable; readonly length: number | undefined }> {
      const answer = await retried(() => attempt(request), isPassing, policy, request.signal);
      const announced: unknown = answer.headers['content-length'];
      return { stream: answer.data, length: typeof announced === 'string' ? Number(announced) : undefined };
    },
    /** Runs `work` and adds a remedy to whatever it throws. */
    async explained<T>(doing: string, signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
      signal?.throwIfAborted();
      try {
        return await work();
      } catch (thrown) {
        signal?.throwIfAborted();
        throw thrown instanceof DaybreakError ? thrown : toError(thrown, doing);
      }
    },
  };
}

function isPassing(thrown: unknown): boolean {
  return thrown instanceof WebHdfsFailure && thrown.isPassing;
}

async function readText(stream: Readable): Promise<string> {
  let read = '';
  try {
    stream.setEncoding('utf8');
    for await (const chunk of stream) {
      read += String(chunk);
      if (read.length > LONGEST_ANSWER) throw new WebHdfsFailure('its answer is longer than WebHDFS gives', 400);
    }
  } catch (thrown) {
    throw thrown instanceof WebHdfsFailure ? thrown : unreachable(thrown);
  }
  return read;
}

function nextHop({ headers }: AxiosResponse<Readable>, origin: string): string {
  const location: unknown = headers['location'];
  const url = typeof location === 'string' && URL.canParse(location, origin) ? new URL(location, origin) : undefined;
  if (url === undefined) throw new WebHdfsFailure('it sends to no address', 307);
  const isPlain = url.protocol === 'http:' && origin.startsWith('http:');
  if ((isPlain || url.protocol === 'https:') && url.username === '' && url.password === '') return url.href;
  // Only the origin: the rest may hold a token.
  throw new WebHdfsFailure(`it sends to ${url.protocol}//${url.host}, which is less safe than ${origin}`, 307);
}

/** A name may have any character, also one that has a meaning in addresses. */
function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

/** Before it is cut: else a part of the token would stay. */
function withoutToken(text: string, identity: WebHdfsAccess['identity']): string {
  if (!('delegation' in identity)) return text;
  // As it is, and as it stands in an address.
  return [identity.delegation, encodeURIComponent(identity.delegation)].reduce(
    (shown, token) => shown.replaceAll(token, '[token]'),
    text,
  );
}
