import { servedDay } from '../../../activities/batch/served-day';
import type { DruidClient } from '../../../clients/druid';
import { dayInterval, parseBusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import { NO_CONTENT, withRowCounter, type Content } from '../../../engines/duckdb/row-counter';
import { loadPipeline } from '../../../engines/load-pipeline';
import { scratchFolder } from '../../engines/scratch';

const scratch = scratchFolder();

/** A broker that refuses every query of its rows. */
async function served({ isKnown }: { readonly isKnown: boolean }): Promise<Content> {
  const { pipeline, outputColumns } = await loadPipeline('pipelines/events');
  const queries = {
    columns: () => Promise.resolve(isKnown ? ['__time'] : []),
    sqlLines: async function* () {
      await Promise.reject(
        new DaybreakError('DRUID_REFUSED', { what: "Object 'events' not found", remedy: 'Read it.' }),
      );
    },
  };
  const interval = dayInterval(parseBusinessDate('2026-11-21'), pipeline.timeZone);
  const druid = { queries } as unknown as DruidClient; // What is not there is not called.
  const day = servedDay(druid, { datasource: 'events', interval }, pipeline, outputColumns);
  return withRowCounter(pipeline, outputColumns, scratch, (counter) => day.content('07', counter));
}

it('serves no rows where the broker has forgotten the datasource', async () => {
  expect(await served({ isKnown: false })).toEqual(NO_CONTENT);
});

it('fails with Druid’s reason where the broker still knows the datasource', async () => {
  await expect(served({ isKnown: true })).rejects.toMatchObject({ code: 'DRUID_REFUSED' });
});
