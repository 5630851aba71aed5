import { loadPipeline } from '../../../engines/load-pipeline';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { pipelineVersion } from '../../../engines/pipeline/pipeline-version';
import { describePlace, placeJson } from '../../output/describe/describe-places';
import { print, printJson, progress } from '../../output/print';
import { table } from '../../output/table';
import { warnOfUncompared } from '../../output/uncompared';
import { fail } from '../fail';
import type { Answers } from './pipeline-systems';

const NOTHING_ASKED: Answers = { places: [], warnings: [], failures: [] };

export interface CheckOptions {
  readonly json: boolean;
  readonly connect: boolean;
}

export async function check(folder: string, { json, connect }: CheckOptions): Promise<void> {
  const loaded = await loadPipeline(folder);
  const notCompared = await refuseConflicts(loaded);
  // The clients of other systems take longer to load than the check of a folder.
  const {
    places,
    warnings,
    failures,
    loaded: found = loaded,
  } = connect ? await (await import('./pipeline-systems')).checkSystems(loaded) : NOTHING_ASKED;
  const { pipeline, outputColumns } = loaded;
  const { hashes } = found;
  const isKnown = Object.keys(pipeline.tables).every((name) => name in hashes.tables);
  const version = isKnown ? pipelineVersion(hashes) : undefined;
  if (json) {
    printJson({
      ...{ pipeline, outputColumns, hashes, version, notCompared, warnings },
      places: places.map(placeJson),
      failures: failures.map(({ code, what, remedy }) => ({ code, what, remedy })),
    });
  } else {
    print(table([['output column', 'type'], ...outputColumns.map(({ name, type }) => [name, type])]));
    warnOfUncompared(notCompared);
    for (const warning of warnings) progress(`Druid's compaction: ${warning}`);
    for (const place of places) print(describePlace(place));
    const named = version === undefined ? '' : `, version ${version}`;
    if (failures.length === 0) print(`${pipeline.name}: every check passed${named}`);
    if (!isKnown && !connect) progress('Tables in S3 and HDFS were not checked: add --connect.');
  }
  for (const failure of failures) fail(failure);
}
