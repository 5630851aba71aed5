import { join } from 'node:path';
import { refuseCompaction } from '../../../activities/druid/compaction-poll';
import { requireExtensions } from '../../../activities/druid/required-extensions';
import { createDruidClient } from '../../../clients/druid';
import { scratchRoot } from '../../../clients/storage/local/scratch-folder';
import { asDaybreakError, DaybreakError } from '../../../domain/errors';
import { inputLocationOf } from '../../../domain/pipeline';
import { checkInput } from '../../../engines/input/check-input';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import type { PlaceCheck } from '../../../engines/model/place-check';
import { checkOutput } from '../../../engines/versions/check-output';
import { readConfig } from '../../../worker/config';

/** What `pipeline check --connect` learns from other systems. */
export interface Answers {
  readonly places: readonly PlaceCheck[];
  /** About Druid's compaction. */
  readonly warnings: readonly string[];
  readonly failures: readonly DaybreakError[];
}

/** One that fails stops no other. */
export async function checkSystems(loaded: LoadedPipeline): Promise<Answers> {
  const { druid: servers, data } = readConfig();
  const { pipeline } = loaded;
  const druid = createDruidClient(servers);
  const own = join(data, pipeline.name);
  const [compaction, extensions, ...places] = await Promise.all([
    refuseCompaction(druid, loaded).catch(asDaybreakError),
    requireExtensions(druid, pipeline).catch(asDaybreakError),
    checkInput(pipeline, inputLocationOf(pipeline, own), { scratch: scratchRoot(data, pipeline.name) }),
    checkOutput(data, pipeline),
  ]);
  const failures = [...(extensions ? [extensions] : []), ...places.flatMap(({ failure }) => failure ?? [])];
  if (compaction instanceof DaybreakError) return { places, warnings: [], failures: [compaction, ...failures] };
  return { places, warnings: compaction, failures };
}
