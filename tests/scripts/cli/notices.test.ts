import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import { scratchFolder } from '../../engines/scratch';
import { until } from '../../workflows/environment';
import { localTemporal } from './local-temporal';
import { startDaybreak } from './run-daybreak';
import { runMain } from './run-main';

const temporal = localTemporal();
const root = scratchFolder();
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}
const received: Received[] = [];
const receiver = createServer((request, response) => {
  void text(request).then((body) => {
    received.push({ path: request.url ?? '', headers: request.headers, body });
    response.end();
  });
});

let worker: ChildProcess;

beforeAll(async () => {
  await mkdir(join(root, 'events/input'), { recursive: true });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  worker = startDaybreak(
    ['worker', '--role', 'batch'],
    {
      ...temporal.variables,
      DAYBREAK_DATA: root,
      DAYBREAK_WORKER_PORT: '18394',
      DAYBREAK_WEBHOOK_URL: `${url}/json`,
      DAYBREAK_SLACK_URL: `${url}/slack`,
      DAYBREAK_WEBHOOK_SECRET: SECRET,
    },
    ['ignore', 'pipe', 'inherit'],
  );
  await new Promise<void>((ready, failed) => {
    worker.stdout?.on('data', (log: Buffer) => {
      if (log.includes('"msg":"ready"')) ready();
    });
    worker.once('exit', (code) => {
      failed(new Error(`the worker ended with ${code ?? 'a signal'}`));
    });
  });
});

afterAll(async () => {
  const ended = once(worker, 'exit');
  worker.kill('SIGTERM');
  await ended;
  receiver.close();
});

it('a night without input is told to both webhooks once, to each in its format, and signed to the one', async () => {
  const schedule = (command: string) => runMain(['schedule', command, '--pipeline', 'events'], temporal.variables);
  await schedule('apply');
  const yesterday = shiftDate(businessDateOf(new Date(), 'Asia/Seoul'), -1);
  await schedule('trigger');
  const at = (path: string): Received[] => received.filter((one) => one.path === path);
  await until(() => at('/json').length > 0 && at('/slack').length > 0);
  await until(async () => / refused:NO_INPUT$/m.test((await schedule('describe')).stdout));

  const [[signed, ...others], [toSlack, ...othersToSlack]] = [at('/json'), at('/slack')];
  expect([others, othersToSlack]).toEqual([[], []]);
  const headers = Object.fromEntries(
    Object.entries(signed?.headers ?? {}).map(([name, value]) => [name, String(value)]),
  );
  expect(new Webhook(SECRET).verify(signed?.body ?? '', headers)).toMatchObject({
    type: 'daybreak.day.refused',
    data: {
      pipeline: 'events',
      date: yesterday,
      outcome: 'refused:NO_INPUT',
      reason: expect.stringContaining('holds no file') as string,
      link: expect.stringContaining('/workflows/nightly') as string,
    },
  });
  expect(toSlack?.headers['webhook-signature']).toBeUndefined();
  expect(JSON.parse(toSlack?.body ?? '')).toEqual({
    text: expect.stringContaining(`events: ${yesterday} was not replaced (refused:NO_INPUT)`) as string,
  });
});
