import { join } from 'node:path';
import { refuseCompaction } from '../../../activities/druid/compaction-poll';
import { createDruidClient } from '../../../clients/druid';
import { scratchRoot } from '../../../clients/storage/local/scratch-folder';
import { asDaybreakError, DaybreakError } from '../../../domain/errors';
import { inputLocationOf } from '../../../domain/pipeline';
import { checkInput } from '../../../engines/input/check-input';
import { loadPipeline } from '../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import type { PlaceCheck } from '../../../engines/model/place-check';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { pipelineVersion } from '../../../engines/pipeline/pipeline-version';
import { checkOutput } from '../../../engines/versions/check-output';
import { readConfig } from '../../../worker/config';
import { describePlace, placeJson } from '../../output/describe/describe-places';
import { print, printJson, progress } from '../../output/print';
import { table } from '../../output/table';
import { warnOfUncompared } from '../../output/uncompared';
import { fail } from '../fail';

export interface CheckOptions {
  readonly json: boolean;
  readonly connect: boolean;
}

export async function check(folder: string, { json, connect }: CheckOptions): Promise<void> {
  const loaded = await loadPipeline(folder);
  const notCompared = await refuseConflicts(loaded);
  const { places, warnings, failures } = connect ? await checkSystems(loaded) : NOTHING_ASKED;
  const { pipeline, outputColumns, hashes } = loaded;
  const version = pipelineVersion(hashes);
  if (json) {
    printJson({ pipeline, outputColumns, hashes, version, notCompared, warnings, places: places.map(placeJson) });
  } else {
    print(table([['output column', 'type'], ...outputColumns.map(({ name, type }) => [name, type])]));
    warnOfUncompared(notCompared);
    for (const warning of warnings) progress(`Druid's compaction: ${warning}`);
    for (const place of places) print(describePlace(place));
    if (failures.length === 0) print(`${pipeline.name}: every check passed, version ${version}`);
  }
  for (const failure of failures) fail(failure);
}

interface Answers {
  readonly places: readonly PlaceCheck[];
  /** About Druid's compaction. */
  readonly warnings: readonly string[];
  readonly failures: readonly DaybreakError[];
}

const NOTHING_ASKED: Answers = { places: [], warnings: [], failures: [] };

/** One that fails stops no other. */
async function checkSystems(loaded: LoadedPipeline): Promise<Answers> {
  const { druid, data } = readConfig();
  const { pipeline } = loaded;
  const own = join(data, pipeline.name);
  const [compaction, ...places] = await Promise.all([
    refuseCompaction(createDruidClient(druid), loaded).catch(asDaybreakError),
    checkInput(pipeline, inputLocationOf(pipeline, own), { scratch: scratchRoot(data, pipeline.name) }),
    checkOutput(data, pipeline),
  ]);
  const failures = places.flatMap(({ failure }) => failure ?? []);
  if (compaction instanceof DaybreakError) return { places, warnings: [], failures: [compaction, ...failures] };
  return { places, warnings: compaction, failures };
}
