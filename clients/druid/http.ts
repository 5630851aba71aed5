import axios, { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import * as http from 'node:http';
import * as https from 'node:https';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import type { z } from 'zod';
import { DaybreakError, messageOf } from '../../domain/errors';
import { withoutSignatures } from './signatures';

export interface DruidHttp {
  /** The parsed answer; undefined if Druid answers 404 and `absent` allows it. */
  request<T>(config: AxiosRequestConfig, schema: z.ZodType<T>): Promise<T>;
  find<T>(config: AxiosRequestConfig, schema: z.ZodType<T>): Promise<T | undefined>;
  /** The body of the answer as a stream, for answers that should not be held in memory. */
  stream(config: AxiosRequestConfig): Promise<Readable>;
}

/** What Druid requires of its clients. */
export interface DruidAccess {
  /** For Druid's basic security. Absent: the client sends no name. */
  readonly auth?: { readonly username: string; readonly password: string };
  /** The authorities to trust, in PEM. Absent: the system's authorities. */
  readonly ca?: string;
}

/** These answers may be others later, for example once fewer queries run. */
const PASSING = [408, 425, 429];

/** How often a request is sent if coordinators answer that they are not the leader. */
const LEADER_ATTEMPTS = 4;

/**
 * One Druid service over HTTP. Throws DRUID_UNREACHABLE if it does not answer, answers with a part of JSON, says that
 * it is not ready (5xx) or busy (408, 425, 429), or is not the leader. Throws DRUID_REFUSED if it refuses the request
 * (other 4xx), redirects it elsewhere (3xx) or answers in an unknown shape.
 */
export function createDruidHttp(service: string, baseURL: string, { auth, ca }: DruidAccess): DruidHttp {
  const client = axios.create({
    baseURL,
    timeout: 30_000,
    validateStatus: () => true,
    // A redirect would send the task's spec, which may hold the token of the output server, to any host that the answer
    // names.
    maxRedirects: 0,
    // A proxy from the environment would see the password and the rows.
    proxy: false,
    ...(auth && { auth }),
    ...(ca !== undefined && { httpsAgent: new https.Agent({ ca, keepAlive: true }) }),
  });
  const newConnection = { httpAgent: new http.Agent(), httpsAgent: new https.Agent({ ca }) };

  /** Throws if Druid does not answer or redirects. */
  async function answer<T = unknown>(config: AxiosRequestConfig): Promise<AxiosResponse<T>> {
    for (let attempt = 1; ; attempt += 1) {
      // Behind a load balancer, another coordinator may answer on another connection.
      const response = await send<T>(
        client,
        attempt === 1 ? config : { ...config, ...newConnection },
        service,
        baseURL,
      );
      if (response.status < 300 || response.status >= 400) return response;
      if (response.data instanceof Readable) response.data.destroy();
      const redirect = redirectOf(config, baseURL, response);
      if (redirect.to !== 'leader' || attempt === LEADER_ATTEMPTS) throw redirected(service, baseURL, config, redirect);
    }
  }

  async function find<T>(config: AxiosRequestConfig, schema: z.ZodType<T>): Promise<T | undefined> {
    const { status, data } = await answer(config);
    if (status === 404) return undefined;
    if (status >= 400) throw refused(service, config, status, data);
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
    // axios leaves text that is not JSON as it is.
    if (typeof data === 'string') {
      throw new DaybreakError('DRUID_UNREACHABLE', {
        what: `the answer of Druid's ${service} at ${baseURL} to ${describe(config)} is not whole, or not JSON`,
        remedy: 'Wait until Druid is healthy, and check that the address is Druid’s.',
        cause: new FailedAnswer(`status ${status}`),
      });
    }
    throw new DaybreakError('DRUID_REFUSED', {
      what: `the answer of Druid's ${service} to ${describe(config)} is not what Druid 33 gives`,
      remedy: 'Check the version of Druid and that the address is Druid’s.',
      cause: parsed.error,
    });
  }

  return {
    find,
    async request(config, schema) {
      const found = await find(config, schema);
      if (found === undefined) throw refused(service, config, 404, undefined);
      return found;
    },
    async stream(config) {
      const { status, data } = await answer<Readable>({ ...config, responseType: 'stream' });
      if (status >= 400) throw refused(service, config, status, await text(data));
      return data;
    },
  };
}

async function send<T>(
  client: AxiosInstance,
  config: AxiosRequestConfig,
  service: string,
  baseURL: string,
): Promise<AxiosResponse<T>> {
  try {
    return await client.request<T>(config);
  } catch (thrown) {
    if (axios.isCancel(thrown)) throw thrown;
    // The AxiosError is not the cause: it carries the request with its headers.
    throw new DaybreakError('DRUID_UNREACHABLE', {
      what: `Druid's ${service} at ${baseURL} did not answer ${describe(config)}: ${messageOf(thrown)}`,
      remedy: 'Start it (npx daybreak up) or correct its address (DRUID_COORDINATOR_URL, DRUID_BROKER_URL).',
    });
  }
}

interface Redirect {
  readonly status: number;
  /**
   * `itself`: a coordinator that was started again is not the leader until the session of the killed one ends.
   * `leader`: a coordinator that is not the leader names the same path at the address of the one that is. Behind a
   * Service or a load balancer, this may be its own address.
   */
  readonly to: 'itself' | 'leader' | 'elsewhere';
  /** Absent if the answer names no address, or the one that was asked. The rest may hold a name and a password. */
  readonly origin?: string;
}

function redirectOf(config: AxiosRequestConfig, baseURL: string, { status, headers }: AxiosResponse): Redirect {
  const location: unknown = headers['location'];
  if (typeof location !== 'string' || !URL.canParse(location, baseURL)) return { status, to: 'elsewhere' };
  const { origin, pathname } = new URL(location, baseURL);
  const asked = new URL(axios.getUri({ ...config, baseURL }));
  // A reverse proxy in front of Druid may have taken away the path of its own address.
  const isSamePath = [asked, new URL(axios.getUri(config), baseURL)].some((url) => url.pathname === pathname);
  if (origin === asked.origin) return { status, to: isSamePath ? 'itself' : 'elsewhere' };
  return { status, to: isSamePath && status === 307 ? 'leader' : 'elsewhere', origin };
}

function redirected(
  service: string,
  baseURL: string,
  config: AxiosRequestConfig,
  { status, to, origin }: Redirect,
): DaybreakError {
  const what = `Druid's ${service} at ${baseURL} answered ${describe(config)} with ${status}, a redirect`;
  switch (to) {
    case 'itself':
      return new DaybreakError('DRUID_UNREACHABLE', {
        what: `${what} to itself: it has no leader yet`,
        remedy: 'Wait until Druid is healthy, as the command status shows.',
        cause: new FailedAnswer(`status ${status}`),
      });
    case 'leader':
      return new DaybreakError('DRUID_UNREACHABLE', {
        what: `${what} that is not followed: it is not the leader, which is ${origin}`,
        remedy: `Wait until Druid has chosen its leader. If ${origin} stays the leader, ${leaderRemedy(origin)}`,
        cause: new NotTheLeader(`status ${status}`),
      });
    case 'elsewhere':
      return new DaybreakError('DRUID_REFUSED', {
        what: `${what}${origin === undefined ? '' : ` to ${origin}`}, which is not followed`,
        remedy:
          origin === undefined
            ? 'Set DRUID_COORDINATOR_URL and DRUID_BROKER_URL to the addresses under which Druid itself answers.'
            : `If ${origin} is Druid's leader, ${leaderRemedy(origin)}`,
      });
  }
}

const leaderRemedy = (origin = 'that address'): string =>
  `give DRUID_COORDINATOR_URL the address of a Druid router, which always asks the leader, or for now ${origin}.`;

/** The cause of DRUID_UNREACHABLE if Druid gives an answer that may be another later. */
export class FailedAnswer extends Error {
  override readonly name = 'FailedAnswer';
}

/** The cause of DRUID_UNREACHABLE if the coordinator that answers is not the leader. */
export class NotTheLeader extends Error {
  override readonly name = 'NotTheLeader';
}

function refused(service: string, config: AxiosRequestConfig, status: number, data: unknown): DaybreakError {
  const reason = withoutSignatures(typeof data === 'string' ? data : JSON.stringify(data ?? ''));
  if (status === 401 || status === 403) {
    return new DaybreakError('DRUID_REFUSED', {
      what: `Druid's ${service} does not let us ${describe(config)}: ${status} ${reason.slice(0, 1_000)}`,
      remedy: 'Set DRUID_USERNAME and DRUID_PASSWORD to a user that may do so.',
    });
  }
  const what = `Druid's ${service} answered ${describe(config)} with ${status}: ${reason.slice(0, 1_000)}`;
  const isBusy = PASSING.includes(status);
  if (!isBusy && status < 500) return new DaybreakError('DRUID_REFUSED', { what, remedy: 'Read the reason above.' });
  return new DaybreakError('DRUID_UNREACHABLE', {
    what,
    remedy: isBusy ? 'Wait until Druid is less busy.' : 'Wait until Druid is healthy, as the command status shows.',
    cause: new FailedAnswer(`status ${status}`),
  });
}

function describe(config: AxiosRequestConfig): string {
  return `${(config.method ?? 'get').toUpperCase()} ${config.url ?? ''}`;
}
