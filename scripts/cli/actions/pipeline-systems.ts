import { join } from 'node:path';
import { refuseCompaction } from '../../../activities/druid/compaction-poll';
import { requireExtensions } from '../../../activities/druid/required-extensions';
import { requireSameClocks } from '../../../activities/druid/zone-clocks';
import { createDruidClient } from '../../../clients/druid';
import { scratchRoot } from '../../../clients/storage/local/scratch-folder';
import { businessDateOf, dayInterval, shiftDate } from '../../../domain/business-date';
import { asDaybreakError, DaybreakError } from '../../../domain/errors';
import { inputLocationOf } from '../../../domain/pipeline';
import { checkInput } from '../../../engines/input/check-input';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import type { PlaceCheck } from '../../../engines/model/place-check';
import { checkTables } from '../../../engines/tables/check-tables';
import { withTablesOf } from '../../../engines/tables/table-versions';
import { checkOutput } from '../../../engines/versions/check-output';
import { readConfig } from '../../../worker/config';

/** What `pipeline check --connect` learns from other systems. */
export interface Answers {
  readonly places: readonly PlaceCheck[];
  /** About Druid's compaction. */
  readonly warnings: readonly string[];
  readonly failures: readonly DaybreakError[];
  /** The pipeline with its tables in S3 and HDFS, if all of them were found. */
  readonly loaded?: LoadedPipeline;
}

/** One that fails stops no other. */
export async function checkSystems(loaded: LoadedPipeline): Promise<Answers> {
  const { druid: servers, data } = readConfig();
  const { pipeline } = loaded;
  const druid = createDruidClient(servers);
  const own = join(data, pipeline.name);
  const { timeZone } = pipeline;
  const yesterday = dayInterval(shiftDate(businessDateOf(new Date(), timeZone), -1), timeZone);
  const [compaction, extensions, clocks, input, output, tables] = await Promise.all([
    refuseCompaction(druid, loaded).catch(asDaybreakError),
    requireExtensions(druid, pipeline).catch(asDaybreakError),
    requireSameClocks(druid, { timeZone, interval: yesterday }).catch(asDaybreakError),
    checkInput(pipeline, inputLocationOf(pipeline, own), { scratch: scratchRoot(data, pipeline.name) }),
    checkOutput(data, pipeline),
    checkTables(loaded),
  ]);
  const places = [input, output, ...tables];
  const failures = [extensions, clocks, ...places.map(({ failure }) => failure)].flatMap((failure) => failure ?? []);
  const found = tables.every(({ failure }) => failure === undefined) && {
    loaded: await withTablesOf(loaded, businessDateOf(new Date(), pipeline.timeZone)),
  };
  if (compaction instanceof DaybreakError) {
    return { places, warnings: [], failures: [compaction, ...failures], ...found };
  }
  return { places, warnings: compaction, failures, ...found };
}
