import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDruidClient } from '../../../clients/druid';

const REPORT = JSON.stringify({
  ingestionStatsAndErrors: {
    payload: {
      ingestionState: 'COMPLETED',
      rowStats: { totals: { buildSegments: { processed: 3, thrownAway: 0, unparseable: 0 } } },
      errorMsg: 'No space left on device',
    },
  },
});

let server: Server;
let body: string;

beforeEach(async () => {
  server = createServer((_, response) => {
    response.setHeader('Content-Type', 'application/json').end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

function reportOf(text: string) {
  body = text;
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return createDruidClient({ coordinatorUrl: url, brokerUrl: url }).tasks.report('id');
}

it('reads the report of a task', async () => {
  expect(await reportOf(REPORT)).toMatchObject({ rows: { processed: 3 }, error: 'No space left on device' });
});

it.each([
  ['nothing', ''],
  ['a part', REPORT.slice(0, 60)],
])('says that there is none where a full disk let the task write %s of it', async (_, text) => {
  expect(await reportOf(text)).toBeUndefined();
});

it('refuses an answer that is JSON and no report', async () => {
  await expect(reportOf('{"ingestionStatsAndErrors":[]}')).rejects.toMatchObject({ code: 'DRUID_REFUSED' });
});
