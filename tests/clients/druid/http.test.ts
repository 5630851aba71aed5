import type { RequestListener } from 'node:http';
import * as z from 'zod';
import { createDruidHttp, type DruidHttp } from '../../../clients/druid/http';
import { listening } from './listening';

const auth = { username: 'daybreak', password: 'battery-staple' };
const basic = `Basic ${Buffer.from('daybreak:battery-staple').toString('base64')}`;
const spec = { method: 'post', url: '/druid/indexer/v1/task', data: { httpAuthenticationPassword: 'the-token' } };

const ok: RequestListener = (_, response) => response.setHeader('content-type', 'application/json').end('{}');
const redirecting =
  (status: number, location: string): RequestListener =>
  (_, response) =>
    response.writeHead(status, { location }).end();

const CALLS: [string, (druid: DruidHttp) => Promise<unknown>][] = [
  ['request', (druid) => druid.request(spec, z.unknown())],
  ['find', (druid) => druid.find(spec, z.unknown())],
  ['stream', (druid) => druid.stream(spec)],
];

describe.each([301, 302, 303, 307, 308])('a redirect with %i', (status) => {
  it.each(CALLS)('to another host takes no task, password or token of a %s there, and is told', async (_, call) => {
    const other = await listening(ok);
    const druid = await listening(redirecting(status, `${other.url}/login?x=1`));
    const thrown = call(createDruidHttp('overlord', druid.url, { auth }));
    await expect(thrown).rejects.toMatchObject({
      code: 'DRUID_REFUSED',
      what: expect.stringContaining(`${status}`) as string,
      remedy: expect.stringContaining(other.url) as string,
    });
    expect(other.seen).toEqual([]);
    expect(druid.seen).toEqual([{ url: spec.url, authorization: basic, body: JSON.stringify(spec.data) }]);
  });

  it('to the same host neither repeats the task nor turns it into a question', async () => {
    const druid = await listening(redirecting(status, '/elsewhere'));
    const asked = createDruidHttp('overlord', druid.url, { auth }).request(spec, z.unknown());
    await expect(asked).rejects.toMatchObject({ code: 'DRUID_REFUSED' });
    expect(druid.seen).toHaveLength(1);
  });
});

describe('a coordinator that is not the leader', () => {
  /** Druid answers with 307, and names the same path at the leader's own address. */
  const toLeader =
    (leader: string): RequestListener =>
    (request, response) =>
      response.writeHead(307, { location: `${leader}${request.url}` }).end();

  it.each(CALLS)('takes nothing of a %s to the leader: it is waited for, and the message names it', async (_, call) => {
    const leader = await listening(ok);
    const druid = await listening(toLeader(leader.url));
    await expect(call(createDruidHttp('overlord', druid.url, { auth }))).rejects.toMatchObject({
      code: 'DRUID_UNREACHABLE',
      what: expect.stringContaining(`not the leader, which is ${leader.url}`) as string,
      remedy: expect.stringContaining(leader.url) as string,
    });
    expect(leader.seen).toEqual([]);
  });

  it('below a path of a reverse proxy is known as well', async () => {
    const leader = await listening(ok);
    const druid = await listening((request, response) => {
      response.writeHead(307, { location: `${leader.url}${request.url?.replace('/druid-of-us', '')}` }).end();
    });
    const asked = createDruidHttp('overlord', `${druid.url}/druid-of-us`, { auth }).request(spec, z.unknown());
    await expect(asked).rejects.toMatchObject({ code: 'DRUID_UNREACHABLE' });
    expect(leader.seen).toEqual([]);
  });

  it.each(CALLS)('behind a load balancer is asked again for a %s, on a connection to another one', async (_, call) => {
    const connections = new Set<unknown>();
    const balanced = await listening((request, response) => {
      connections.add(request.socket);
      (connections.size < 3 ? toLeader('http://leader.invalid:8081') : ok)(request, response);
    });
    await expect(call(createDruidHttp('overlord', balanced.url, { auth }))).resolves.toBeDefined();
    expect(balanced.seen).toHaveLength(3);
    expect(balanced.seen.every(({ body }) => body === JSON.stringify(spec.data))).toBe(true);
  });

  it('is not shown with a password that the answer names', async () => {
    const druid = await listening(toLeader('http://user:secret-of-the-answer@leader.invalid:8081'));
    const thrown: unknown = await createDruidHttp('overlord', druid.url, {})
      .request(spec, z.unknown())
      .catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ code: 'DRUID_UNREACHABLE' });
    expect(String(thrown)).not.toContain('secret-of-the-answer');
  });
});

it('a redirect to the very address says that Druid has no leader yet: its coordinator was started again', async () => {
  const druid = await listening((request, response) =>
    response.writeHead(307, { location: `http://${request.headers.host}${request.url}` }).end(),
  );
  await expect(createDruidHttp('overlord', druid.url, {}).request(spec, z.unknown())).rejects.toMatchObject({
    code: 'DRUID_UNREACHABLE',
    what: expect.stringContaining('no leader') as string,
  });
  expect(druid.seen).toHaveLength(1);
});

it.each([undefined, 'http://', '//user:secret-of-the-answer@127.0.0.1:1/x'])(
  'a redirect to %s is refused as well, and shows no password',
  async (location) => {
    const druid = await listening((_, response) => response.writeHead(307, location ? { location } : {}).end());
    const thrown: unknown = await createDruidHttp('overlord', druid.url, {})
      .request(spec, z.unknown())
      .catch((reason: unknown) => reason);
    expect(thrown).toMatchObject({ code: 'DRUID_REFUSED' });
    expect(String(thrown)).not.toContain('secret-of-the-answer');
  },
);

it.each([408, 425, 429, 500, 503])('asks again later where Druid answers with %i', async (status) => {
  const druid = await listening((_, response) => response.writeHead(status).end('Query capacity exceeded'));
  for (const [, call] of CALLS) {
    await expect(call(createDruidHttp('broker', druid.url, {}))).rejects.toMatchObject({
      code: 'DRUID_UNREACHABLE',
      what: expect.stringContaining(`with ${status}: Query capacity exceeded`) as string,
    });
  }
});

it.each([400, 403, 413])('is refused where Druid answers with %i', async (status) => {
  const druid = await listening((_, response) => response.writeHead(status).end('no'));
  for (const [, call] of CALLS) {
    await expect(call(createDruidHttp('broker', druid.url, {}))).rejects.toMatchObject({ code: 'DRUID_REFUSED' });
  }
});

describe('with a proxy in the environment', () => {
  const NAMES = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'];
  const before = Object.fromEntries([...NAMES, 'no_proxy', 'NO_PROXY'].map((name) => [name, process.env[name]]));
  afterEach(() => {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
  });

  it('the password goes to Druid and not to the proxy', async () => {
    const proxy = await listening(ok);
    const druid = await listening(ok);
    for (const name of NAMES) process.env[name] = proxy.url;
    for (const name of ['no_proxy', 'NO_PROXY']) Reflect.deleteProperty(process.env, name);
    // No server has this name: a proxy is asked for it, and a direct connection does not find it.
    const elsewhere = createDruidHttp('broker', 'http://druid.invalid:8082', { auth });
    await expect(elsewhere.request(spec, z.unknown())).rejects.toMatchObject({ code: 'DRUID_UNREACHABLE' });
    await createDruidHttp('broker', druid.url, { auth }).request(spec, z.unknown());
    expect(proxy.seen).toEqual([]);
    expect(druid.seen).toHaveLength(1);
  });
});
