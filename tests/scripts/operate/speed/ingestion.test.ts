import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pollIngestion } from '../../../../scripts/operate/speed/ingestion';
import { readConfig } from '../../../../worker/config';
import { loadExample } from '../../../engines/scratch';

const ENDED = ['index_kafka_events_names_a_aaaa', 'index_kafka_events_names_a_bbbb', 'index_kafka_events_names_b_cccc'];

const server = createServer(({ url = '' }, response) => {
  response.setHeader('Content-Type', 'application/json');
  const answer = (found: unknown) => response.end(JSON.stringify(found));
  if (url.includes('/tasks?')) answer(ENDED.map(taskOf));
  else if (url.endsWith('/reports')) answer({ ingestionStatsAndErrors: { payload: { rowStats: { buildSegments } } } });
  else response.writeHead(404).end('{}');
});
const buildSegments = { processed: 1000, thrownAway: 200, unparseable: 0 };
const taskOf = (id: string) => ({
  ...{ id, type: 'index_kafka', dataSource: 'events_names', groupId: 'index_kafka_events_names' },
  ...{ createdTime: '2026-11-21T00:00:00.000Z', statusCode: 'SUCCESS' },
});
beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise((resolve) => server.close(resolve)));

it('counts the rows of replicas that have ended once', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { pipeline } = await loadExample('events');
  const found = await pollIngestion(readConfig({ DRUID_COORDINATOR_URL: url, DRUID_BROKER_URL: url }), pipeline);
  expect(found).toMatchObject({ ended: { processed: 2000, thrownAway: 400, unparseable: 0 } });
});
