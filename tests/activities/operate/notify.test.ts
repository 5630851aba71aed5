import { log } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createOperateActivities } from '../../../activities/operate';
import type { NoticeDependencies } from '../../../activities/operate/notify';
import { parseBusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import type { Notice } from '../../../domain/notice';
import { copyPipeline, makeCurrent, realtimeFolder } from '../../../engines/pipeline/pipeline-copies';
import { readPipeline } from '../../../engines/pipeline/read-pipeline';
import { scratchFolder } from '../../engines/scratch';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

const pipelines = scratchFolder();
const KEY = Buffer.alloc(32, 7);
const SECRET = `whsec_${KEY.toString('base64')}`;
const NOTICE: Notice = {
  kind: 'refused',
  pipeline: 'events',
  date: parseBusinessDate('2026-11-21'),
  outcome: 'refused:BATCH_SHORT',
  reason: 'realtime <has> 10 rows & the batch 5',
};

let server: Server;
let url: string;
let received: Received[] = [];
/** The statuses of the next answers, by path; else 200. */
let answers: Record<string, number[]> = {};

beforeAll(async () => {
  await cp('pipelines/events', join(pipelines, 'events'), { recursive: true });
  server = createServer((request, response) => {
    void text(request).then((body) => {
      const path = request.url ?? '';
      received.push({ path, headers: request.headers, body });
      response.writeHead(answers[path]?.shift() ?? 200, { location: '/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());
beforeEach(() => {
  received = [];
  answers = {};
});

const workers = (): NoticeDependencies['webhooks'] => [
  { variable: 'DAYBREAK_WEBHOOK_URL', url: `${url}/json?token=hidden`, format: 'json' },
  { variable: 'DAYBREAK_SLACK_URL', url: `${url}/slack/hidden`, format: 'slack' },
];

/** One attempt. Returns the details of its heartbeats. */
async function attempt(notice = NOTICE, changed: Partial<NoticeDependencies> = {}, details?: unknown) {
  const activities = createOperateActivities({
    ...{ pipelines, data: join(pipelines, 'no-data'), webhooks: workers(), webhookSecret: SECRET },
    temporal: { uiUrl: 'http://127.0.0.1:8080', namespace: 'default' },
    ...changed,
  });
  const environment = new MockActivityEnvironment({
    heartbeatDetails: details,
    workflowExecution: { workflowId: 'nightly-batch/events', runId: 'the-run' },
  });
  let last: unknown;
  environment.on('heartbeat', (given: unknown) => (last = given));
  let failure: unknown;
  await environment.run(() => activities.notify(notice)).catch((thrown: unknown) => (failure = thrown));
  return { last, failure };
}

async function setPipeline(notify: string): Promise<void> {
  const file = join(pipelines, 'events/pipeline.yaml');
  await writeFile(file, `${await readFile('pipelines/events/pipeline.yaml', 'utf8')}\n${notify}\n`);
}

it('sends signed JSON, and text that Slack shows as it is', async () => {
  expect(await attempt()).toMatchObject({ failure: undefined });
  const [json, slack] = received;
  expect(received.map(({ path }) => path)).toEqual(['/json?token=hidden', '/slack/hidden']);
  const link = 'http://127.0.0.1:8080/namespaces/default/workflows/nightly-batch%2Fevents/the-run';
  expect(JSON.parse(json!.body)).toEqual({
    type: 'daybreak.day.refused',
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
    data: { ...NOTICE, kind: undefined, link },
  });
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = json!.headers;
  expect(id).toBe('the-run-2026-11-21-refused');
  expect(Math.abs(Date.now() / 1_000 - Number(at))).toBeLessThan(60);
  const expected = createHmac('sha256', KEY)
    .update(`${String(id)}.${String(at)}.${json!.body}`)
    .digest('base64');
  expect(signature).toBe(`v1,${expected}`);
  expect(JSON.parse(slack!.body)).toEqual({
    text: `*events: 2026-11-21 was not replaced (refused:BATCH_SHORT)*\nrealtime &lt;has&gt; 10 rows &amp; the batch 5\n<${link}|The run in Temporal>`,
  });
  expect(slack!.headers).not.toHaveProperty('webhook-signature');
});

it('tries again only what was not told, with the same id', async () => {
  answers = { '/json?token=hidden': [503] };
  const first = await attempt();
  expect(first.failure).toMatchObject({ code: 'WEBHOOK_FAILED', retry: true });
  expect(received).toHaveLength(2);
  const second = await attempt(NOTICE, {}, first.last);
  expect(second.failure).toBeUndefined();
  expect(received.map(({ path }) => path)).toEqual(['/json?token=hidden', '/slack/hidden', '/json?token=hidden']);
  expect(received[2]!.headers['webhook-id']).toBe(received[0]!.headers['webhook-id']);
});

it.each([
  [404, 'WEBHOOK_REFUSED'],
  [302, 'WEBHOOK_REFUSED'],
  [429, 'WEBHOOK_FAILED'],
  [500, 'WEBHOOK_FAILED'],
])('names the variable of a webhook that answers %d, not its address', async (status, code) => {
  answers = { '/slack/hidden': [status] };
  const { failure } = await attempt();
  expect(failure).toMatchObject({ code, what: `the webhook of DAYBREAK_SLACK_URL answered with status ${status}` });
  expect(received.map(({ path }) => path)).not.toContain('/elsewhere');
});

it('does not show the address of a webhook that does not answer', async () => {
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, 'close');
  const webhooks = [{ ...workers()[0]!, url: `http://127.0.0.1:${port}/hidden` }, workers()[1]!];
  const { failure } = await attempt(NOTICE, { webhooks });
  expect(failure).toBeInstanceOf(DaybreakError);
  expect(failure).toMatchObject({ code: 'WEBHOOK_FAILED' });
  expect(failure).not.toHaveProperty('cause');
  expect(String(failure)).toMatch(/DAYBREAK_WEBHOOK_URL did not answer: .*ECONNREFUSED/);
  expect(String(failure)).not.toContain('hidden');
  expect(received.map(({ path }) => path)).toEqual(['/slack/hidden']);
});

describe('a pipeline with settings of its own', () => {
  afterEach(() => {
    delete process.env['TEAM_URL'];
    return setPipeline('');
  });

  it('is told of the kinds that it wants', async () => {
    await setPipeline('notify: { on: [failed] }');
    await attempt();
    expect(received).toEqual([]);
    await attempt({ ...NOTICE, kind: 'failed' });
    expect(received).toHaveLength(2);
  });

  it('is told at its own webhook, whose variable must be set', async () => {
    await setPipeline('notify: { webhooks: [{ variable: TEAM_URL, format: slack }] }');
    process.env['TEAM_URL'] = 'hidden, and no address';
    const { failure } = await attempt();
    expect(failure).toMatchObject({ code: 'BAD_CONFIGURATION', what: expect.stringContaining('TEAM_URL') as string });
    expect(String(failure)).not.toContain('hidden');
    process.env['TEAM_URL'] = `${url}/team`;
    expect((await attempt()).failure).toBeUndefined();
    expect(received.map(({ path }) => path)).toEqual(['/team']);
  });

  it('is told at the webhook that realtime accepted last while it cannot be read', async () => {
    await setPipeline('notify: { webhooks: [{ variable: TEAM_URL, format: slack }] }');
    process.env['TEAM_URL'] = `${url}/team`;
    const data = join(pipelines, 'data');
    const root = realtimeFolder(data, 'events');
    await makeCurrent(await copyPipeline(await readPipeline(join(pipelines, 'events')), root), root);
    await setPipeline('notify: nonsense');
    await attempt({ ...NOTICE, outcome: 'failed:BAD_PIPELINE', kind: 'failed' }, { data });
    expect(received.map(({ path }) => path)).toEqual(['/team']);
  });

  it('says in the log that nobody is told if it cannot be read and the worker has no webhooks', async () => {
    await setPipeline('notify: nonsense');
    const warned = jest.spyOn(log, 'warn').mockImplementation(() => undefined);
    await attempt({ ...NOTICE, outcome: 'failed:BAD_PIPELINE', kind: 'failed' }, { webhooks: [] });
    expect(warned).toHaveBeenCalledWith(expect.stringMatching(/^nobody is told/), expect.anything());
    warned.mockRestore();
  });

  it('is told at the worker’s webhooks while it cannot be read', async () => {
    await setPipeline('notify: nonsense');
    await attempt({ ...NOTICE, outcome: 'failed:BAD_PIPELINE', kind: 'failed' });
    expect(received).toHaveLength(2);
  });
});
