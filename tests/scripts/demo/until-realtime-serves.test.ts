import { parseBusinessDate } from '../../../domain/business-date';
import { loadPipeline } from '../../../engines/load-pipeline';
import { untilRealtimeServes } from '../../../scripts/demo/until-realtime-serves';
import { readConfig } from '../../../worker/config';
import { listening } from '../../clients/druid/listening';

const MINUTE = 60_000;

let now: number;
beforeEach(() => {
  now = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => now);
  jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** @param counts the rows that Druid serves, look by look, the last one for ever. A minute goes by with each look. */
async function waitFor(...counts: number[]): Promise<void> {
  const druid = await listening((_, response) => {
    if (druid.seen.at(-1)?.body.includes('INFORMATION_SCHEMA') === true) {
      response.end('[{"COLUMN_NAME":"__time"}]');
      return;
    }
    now += MINUTE;
    response.end(JSON.stringify([{ rows: counts.length > 1 ? counts.shift() : counts[0] }]));
  });
  const config = readConfig({ DRUID_BROKER_URL: druid.url, DRUID_COORDINATOR_URL: druid.url });
  const { pipeline } = await loadPipeline('pipelines/events');
  const date = parseBusinessDate('2026-11-21');
  const { signal } = new AbortController();
  await untilRealtimeServes(config, pipeline, { date, signal, remedy: 'Read the log.' });
}

it('waits for as long as rows come', async () => {
  await expect(waitFor(1, 2, 3, 4)).rejects.toThrow(/serves 4 rows of 2026-11-21, and nothing new came for 120 s/);
  expect(now).toBe(7 * MINUTE);
});
