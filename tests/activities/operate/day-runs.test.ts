import { lastRuns } from '../../../activities/operate/day-runs';
import { parseBusinessDate } from '../../../domain/business-date';
import { dailyBatchId } from '../../../domain/daily-batch';
import { dateAttribute, pipelineAttribute } from '../../../domain/search-attributes';
import { startedByHand } from '../../../scripts/operate/started-by-hand';
import { localTemporal } from '../../scripts/cli/local-temporal';
import { until } from '../../workflows/environment';

const temporal = localTemporal();

it('tells a restore from another run by its memo', async () => {
  const { client } = temporal;
  const start = async (day: string, memo: Record<string, unknown>) => {
    const date = parseBusinessDate(day);
    const handle = await client.workflow.start('dailyBatch', {
      ...{ taskQueue: 'nobody', workflowId: dailyBatchId('events', date), args: [], memo },
      typedSearchAttributes: [
        { key: pipelineAttribute, value: 'events' },
        { key: dateAttribute, value: date },
      ],
    });
    await handle.terminate();
  };
  await start('2026-11-19', startedByHand('by hand', { force: true }));
  await start('2026-11-20', startedByHand('restore', { restore: '0123456789abcdef' }));
  await start('2026-11-21', { trigger: 'restore', options: { restore: 'x; rm -r /' } });

  const restores = async () =>
    [...(await lastRuns(client, 'events')).values()]
      .filter(({ running }) => !running)
      .map(({ date, restore }) => [date, restore])
      .sort();
  await until(async () => (await restores()).length === 3);
  expect(await restores()).toEqual([
    ['2026-11-19', undefined],
    ['2026-11-20', '0123456789abcdef'],
    ['2026-11-21', undefined],
  ]);
});
