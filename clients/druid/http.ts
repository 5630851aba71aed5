import axios, { type AxiosInstance, type AxiosRequestConfig, type AxiosResponse } from 'axios';
import { Agent } from 'node:https';
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

/**
 * One Druid service over HTTP. Throws DRUID_UNREACHABLE if it does not answer or says that it is not ready (5xx).
 * Throws DRUID_REFUSED if it refuses the request (4xx), redirects it (3xx) or answers in an unknown shape.
 */
export function createDruidHttp(service: string, baseURL: string, { auth, ca }: DruidAccess): DruidHttp {
  const http = axios.create({
    baseURL,
    timeout: 30_000,
    validateStatus: () => true,
    // A redirect would send the task's spec, which may hold the token of the output server, to any host that the answer
    // names.
    maxRedirects: 0,
    // A proxy from the environment would see the password and the rows.
    proxy: false,
    ...(auth && { auth }),
    ...(ca !== undefined && { httpsAgent: new Agent({ ca, keepAlive: true }) }),
  });

  async function find<T>(config: AxiosRequestConfig, schema: z.ZodType<T>): Promise<T | undefined> {
    const { status, data } = await answer(http, config, service, baseURL);
    if (status === 404) return undefined;
    if (status >= 400) throw refused(service, config, status, data);
    const parsed = schema.safeParse(data);
    if (parsed.success) return parsed.data;
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
      const { status, data } = await answer<Readable>(http, { ...config, responseType: 'stream' }, service, baseURL);
      if (status >= 400) throw refused(service, config, status, await text(data));
      return data;
    },
  };
}

async function answer<T = unknown>(
  http: AxiosInstance,
  config: AxiosRequestConfig,
  service: string,
  baseURL: string,
): Promise<AxiosResponse<T>> {
  let response: AxiosResponse<T>;
  try {
    response = await http.request<T>(config);
  } catch (thrown) {
    if (axios.isCancel(thrown)) throw thrown;
    // The AxiosError is not the cause: it carries the request with its headers.
    throw new DaybreakError('DRUID_UNREACHABLE', {
      what: `Druid's ${service} at ${baseURL} did not answer ${describe(config)}: ${messageOf(thrown)}`,
      remedy: 'Start it (npx daybreak up) or correct its address (DRUID_COORDINATOR_URL, DRUID_BROKER_URL).',
    });
  }
  if (response.status < 300 || response.status >= 400) return response;
  if (response.data instanceof Readable) response.data.destroy();
  throw redirected(service, baseURL, config, response);
}

/**
 * Druid redirects if the address is of a coordinator that is not the leader. One that was started again redirects to
 * itself until the session of the killed one ends.
 */
function redirected(
  service: string,
  baseURL: string,
  config: AxiosRequestConfig,
  { status, headers }: AxiosResponse,
): DaybreakError {
  const location: unknown = headers['location'];
  const target =
    typeof location === 'string' && URL.canParse(location, baseURL) ? new URL(location, baseURL) : undefined;
  const asked = new URL(axios.getUri({ ...config, baseURL }));
  if (target?.origin === asked.origin && target.pathname === asked.pathname) {
    return new DaybreakError('DRUID_UNREACHABLE', {
      what: `Druid's ${service} at ${baseURL} answered ${describe(config)} with ${status}, a redirect to itself: it has no leader yet`,
      remedy: 'Wait until Druid is healthy, as the command status shows.',
      cause: new FailedAnswer(`status ${status}`),
    });
  }
  // Only the origin: the rest may hold a name and a password.
  const origin = target?.origin;
  const elsewhere = origin === undefined || origin === new URL(baseURL).origin ? undefined : origin;
  return new DaybreakError('DRUID_REFUSED', {
    what: `Druid's ${service} at ${baseURL} answered ${describe(config)} with ${status}, a redirect${elsewhere === undefined ? '' : ` to ${elsewhere}`}, which is not followed`,
    remedy:
      elsewhere === undefined
        ? 'Set DRUID_COORDINATOR_URL and DRUID_BROKER_URL to the addresses under which Druid itself answers.'
        : `If ${elsewhere} is Druid's leader, give DRUID_COORDINATOR_URL the address of a Druid router, which always asks the leader, or for now ${elsewhere}.`,
  });
}

/** The cause of DRUID_UNREACHABLE if Druid answers with a status of 500 or more. */
export class FailedAnswer extends Error {
  override readonly name = 'FailedAnswer';
}

function refused(service: string, config: AxiosRequestConfig, status: number, data: unknown): DaybreakError {
  const reason = withoutSignatures(typeof data === 'string' ? data : JSON.stringify(data ?? ''));
  if (status === 401 || status === 403) {
    return new DaybreakError('DRUID_REFUSED', {
      what: `Druid's ${service} does not let us ${describe(config)}: ${status} ${reason.slice(0, 1_000)}`,
      remedy: 'Set DRUID_USERNAME and DRUID_PASSWORD to a user that may do so.',
    });
  }
  return new DaybreakError(status >= 500 ? 'DRUID_UNREACHABLE' : 'DRUID_REFUSED', {
    what: `Druid's ${service} answered ${describe(config)} with ${status}: ${reason.slice(0, 1_000)}`,
    remedy: status >= 500 ? 'Wait until Druid is healthy, as the command status shows.' : 'Read the reason above.',
    ...(status >= 500 && { cause: new FailedAnswer(`status ${status}`) }),
  });
}

function describe(config: AxiosRequestConfig): string {
  return `${(config.method ?? 'get').toUpperCase()} ${config.url ?? ''}`;
}
