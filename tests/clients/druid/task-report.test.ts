import { druidAnswering } from './listening';

const REPORT = JSON.stringify({
  ingestionStatsAndErrors: {
    payload: {
      ingestionState: 'COMPLETED',
      rowStats: { totals: { buildSegments: { processed: 3, thrownAway: 0, unparseable: 0 } } },
      errorMsg: 'No space left on device',
    },
  },
});

const reportOf = async (text: string) => (await druidAnswering(text)).tasks.report('id');

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

it.each(['payload', 'rowStats', 'totals', 'buildSegments'])('reads a report without any %s', async (name) => {
  const withNull = JSON.stringify(JSON.parse(REPORT), (key, value: unknown) => (key === name ? null : value));
  expect((await reportOf(withNull))?.rows.processed ?? 0).toBe(0);
});
