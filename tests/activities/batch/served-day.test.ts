import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { servedDay } from '../../../activities/batch/served-day';
import type { DruidClient } from '../../../clients/druid';
import { dayInterval, parseBusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import { loadPipeline } from '../../../engines/load-pipeline';

let scratch: string;
beforeAll(async () => (scratch = await mkdtemp(join(tmpdir(), 'daybreak-served-'))));
afterAll(() => rm(scratch, { recursive: true }));

/** A broker that knows the datasource when it is asked first, and refuses every query of its rows. */
async function served({ knownAfterwards }: { readonly knownAfterwards: boolean }) {
  const loaded = await loadPipeline('pipelines/events');
  const known = [true, knownAfterwards];
  const queries = {
    hasDatasource: () => Promise.resolve(known.shift()),
    sqlToFile: () =>
      Promise.reject(new DaybreakError('DRUID_REFUSED', { what: "Object 'events' not found", remedy: 'Read it.' })),
  };
  const interval = dayInterval(parseBusinessDate('2026-11-21'), loaded.pipeline.timeZone);
  const druid = { queries } as unknown as DruidClient; // What is not there is not called.
  return servedDay(druid, { datasource: 'events', interval }, loaded, { scratch });
}

it('serves no rows where the broker forgets the datasource between two queries', async () => {
  expect(await served({ knownAfterwards: false })).toEqual(new Map());
});

it('fails with Druid’s reason where the broker still knows the datasource', async () => {
  await expect(served({ knownAfterwards: true })).rejects.toMatchObject({ code: 'DRUID_REFUSED' });
});
