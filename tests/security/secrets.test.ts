import axios from 'axios';
import { createServer, type Server } from 'node:http';
import { readdir, readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { inspect } from 'node:util';
import pino from 'pino';
import { createDruidClient } from '../../clients/druid';
import { DaybreakError, messageOf } from '../../domain/errors';
import { runDayBuild } from '../../engines/build-day';
import { fail } from '../../scripts/cli/fail';
import { errorInLog } from '../../scripts/demo/error-in-log';
import { readConfig } from '../../worker/config';
import { withClient } from '../../worker/connect';
import { startOutputServer } from '../../worker/output-server';
import { temporalLogger } from '../../worker/runtime';
import { DAY, event, lines, loadExample, scratchFolder, writeFiles } from '../engines/scratch';

const root = scratchFolder();
const MARK = 'Zq7';
const NO_KEY = Buffer.from(`${MARK}-no-key`).toString('base64');

/** A secret in a valid form, and one that is refused. */
const SECRETS: Readonly<Record<string, { readonly good: string; readonly bad: string }>> = {
  KAFKA_SASL_PASSWORD: { good: `${MARK}-kafka-password`, bad: '' },
  DRUID_PASSWORD: { good: `${MARK}-druid-password`, bad: '' },
  DAYBREAK_OUTPUT_TOKEN: { good: `${MARK}-output-token-of-many-characters`, bad: `${MARK}-short` },
  DAYBREAK_WEBHOOK_URL: { good: `https://example.com/${MARK}-webhook`, bad: `${MARK}-no-address` },
  DAYBREAK_SLACK_URL: { good: `https://example.com/${MARK}-slack`, bad: `https://user:${MARK}@example.com` },
  DAYBREAK_WEBHOOK_SECRET: {
    good: `whsec_${Buffer.from(`${MARK}-0123456789abcdef-01234567`).toString('base64')}`,
    bad: `${MARK}-secret`,
  },
  DAYBREAK_PAYLOAD_KEYS: {
    good: `one:${Buffer.from(`${MARK}-0123456789abcdef-0123456789ab`.slice(0, 32)).toString('base64')}`,
    bad: `${MARK}:${NO_KEY}`,
  },
};
const OTHERS = {
  KAFKA_SASL_MECHANISM: 'scram-sha-512',
  KAFKA_SASL_USERNAME: 'daybreak',
  DRUID_USERNAME: 'daybreak',
  DAYBREAK_OUTPUT_URL: 'http://worker:9300',
};
const good = Object.fromEntries(Object.entries(SECRETS).map(([name, secret]) => [name, secret.good]));

/** Expects no secret in the text, and no header value made from one. */
function expectNoSecret(text: string): void {
  expect(text).not.toContain(MARK);
  for (const { good: secret } of Object.values(SECRETS)) {
    expect(text).not.toContain(Buffer.from(`daybreak:${secret}`).toString('base64'));
  }
  for (const { bad } of Object.values(SECRETS)) if (bad !== '') expect(text).not.toContain(bad);
}

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  throw new Error('nothing was thrown');
}

/** Everything that code could print of an error, including its causes and their hidden fields. */
function everythingOf(thrown: unknown): string {
  return `${messageOf(thrown)}\n${inspect(thrown, { depth: 20, showHidden: true })}`;
}

describe('an error of the configuration', () => {
  it.each(Object.keys(SECRETS).filter((name) => SECRETS[name]?.bad !== ''))('does not show a bad %s', (name) => {
    const bad = SECRETS[name]?.bad;
    const error = thrownBy(() => readConfig({ ...OTHERS, ...good, [name]: bad }));
    expect(error).toMatchObject({ code: 'BAD_CONFIGURATION', what: expect.stringContaining(name) as string });
    expectNoSecret(everythingOf(error));
  });

  it.each(['KAFKA_SASL_MECHANISM', 'DRUID_USERNAME', 'DAYBREAK_BATCH_SLOTS', 'KAFKA_TLS_CA_FILE', 'DRUID_BROKER_URL'])(
    'of %s shows no secret of another variable',
    (name) => {
      const error = thrownBy(() =>
        readConfig({ ...OTHERS, ...good, [name]: name.includes('USERNAME') ? '' : 'wrong' }),
      );
      expect(error).toBeInstanceOf(DaybreakError);
      expectNoSecret(everythingOf(error));
    },
  );

  it.each(['DRUID_COORDINATOR_URL', 'DRUID_BROKER_URL', 'DAYBREAK_OUTPUT_URL', 'TEMPORAL_UI_URL'])(
    'refuses a password or a token in %s, which every message would show, and does not show it',
    (name) => {
      for (const address of [`http://daybreak:${MARK}@druid:8081`, `http://${MARK}@druid:8081`]) {
        const error = thrownBy(() => readConfig({ ...OTHERS, ...good, [name]: address }));
        expect(error).toMatchObject({ code: 'BAD_CONFIGURATION', what: expect.stringContaining(name) as string });
        expectNoSecret(everythingOf(error));
      }
    },
  );

  it('does not show what a file of a secret holds', async () => {
    await writeFiles(root, { token: `${MARK}-short` });
    const error = thrownBy(() => readConfig({ ...OTHERS, DAYBREAK_OUTPUT_TOKEN_FILE: join(root, 'token') }));
    expectNoSecret(everythingOf(error));
  });
});

describe('an error of a server', () => {
  const { auth } = readConfig({ ...OTHERS, ...good }).druid;
  let server: Server;
  let address: string;

  beforeAll(async () => {
    server = createServer((request, response) => {
      if (request.url?.includes('locks') === true) request.socket.destroy();
      else response.writeHead(request.method === 'GET' ? 500 : 401).end('{"error":"no"}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.close();
  });

  it('is told without the password that Druid was given', async () => {
    expect(auth?.password).toContain(MARK); // Otherwise there is nothing to hide.
    for (const url of [address, 'http://127.0.0.1:1']) {
      const druid = createDruidClient({ coordinatorUrl: url, brokerUrl: url, ...(auth && { auth }) });
      for (const ask of [
        () => druid.supervisors.status('events'),
        () => druid.tasks.activeLocks('events'),
        () => druid.tasks.shutDown('x'),
        () => druid.queries.hasDatasource('events'),
      ]) {
        const thrown: unknown = await ask().catch((reason: unknown) => reason);
        expect(thrown).toBeInstanceOf(DaybreakError);
        expectNoSecret(everythingOf(thrown));
      }
    }
  });

  it('is told without the key that Temporal was given', async () => {
    process.env['TEMPORAL_API_KEY'] = `${MARK}-api-key`;
    process.env['TEMPORAL_ADDRESS'] = '127.0.0.1:1';
    try {
      const thrown: unknown = await withClient(readConfig({}), () => Promise.resolve()).catch(
        (reason: unknown) => reason,
      );
      expect(thrown).toMatchObject({ code: 'TEMPORAL_UNREACHABLE' });
      expectNoSecret(everythingOf(thrown));
    } finally {
      delete process.env['TEMPORAL_API_KEY'];
      delete process.env['TEMPORAL_ADDRESS'];
    }
  });

  it('is printed without the request that it carries', () => {
    const written: string[] = [];
    const stderr = jest.spyOn(process.stderr, 'write').mockImplementation((text) => written.push(String(text)) > 0);
    for (const thrown of [
      requestError(),
      new DaybreakError('DRUID_REFUSED', { what: 'x', remedy: 'y', cause: requestError() }),
    ]) {
      fail(thrown);
    }
    stderr.mockRestore();
    process.exitCode = 0;
    expect(written.join('')).toContain('ECONNREFUSED');
    expectNoSecret(written.join(''));
  });
});

/** As axios throws them: with the whole request, its headers and its password. */
function requestError(): Error {
  const config = {
    headers: new axios.AxiosHeaders({ authorization: `Basic ${MARK}` }),
    auth: { username: 'daybreak', password: `${MARK}-druid-password` },
  };
  return new axios.AxiosError('connect ECONNREFUSED', 'ECONNREFUSED', config, { _header: `Authorization: ${MARK}` });
}

describe('the log', () => {
  let logged = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      logged += chunk.toString();
      done();
    },
  });
  const logger = pino({ serializers: { err: errorInLog } }, stream);
  beforeEach(() => {
    logged = '';
  });

  it('has the message, code, stack and causes of an error, and not the request that it carries', () => {
    const cause = new Error('the cause', { cause: requestError() });
    temporalLogger(logger).warn('Activity failed', { error: new Error('the activity', { cause }) });
    logger.error({ err: requestError() }, 'a request failed');
    expect(logged).toContain('the cause');
    expect(logged).toContain('ECONNREFUSED');
    expect(logged).toContain('secrets.test.ts');
    expectNoSecret(logged);
  });

  it('has no token of who asks for output', async () => {
    const token = good['DAYBREAK_OUTPUT_TOKEN'] ?? '';
    const server = await startOutputServer({ data: root, port: 0, token, logger });
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events/output/x`;
    await axios.get(url, { auth: { username: 'daybreak', password: token }, validateStatus: () => true });
    await axios.get(url, { auth: { username: 'daybreak', password: `${MARK}-wrong` }, validateStatus: () => true });
    server.close();
    expectNoSecret(logged);
  });
});

it('nothing that a build leaves behind holds a secret of its environment', async () => {
  Object.assign(process.env, good);
  try {
    const [input, output] = [join(root, 'input'), join(root, 'output')];
    await writeFiles(input, { 'names.20261121.07.json': lines(event(1), 'bad') });
    await runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb' });
    const files = await readdir(output, { recursive: true, withFileTypes: true });
    const texts = files
      .filter((file) => file.isFile())
      .map((file) => readFile(join(file.parentPath, file.name), 'utf8'));
    expect(texts.length).toBeGreaterThan(24);
    expectNoSecret((await Promise.all(texts)).join('\n'));
  } finally {
    for (const name of Object.keys(good)) Reflect.deleteProperty(process.env, name);
  }
});
