import { outputPlaceIn, requireCurrent } from '../../activities/batch/built-day';
import { compareDay } from '../../activities/batch/compare-day';
import { checkSegments, latestVersion, visibleSegments } from '../../activities/batch/day-segments';
import { createDruidClient } from '../../clients/druid';
import type { BusinessDate } from '../../domain/business-date';
import { dayPlan, type DayProof } from '../../domain/daily-batch';
import { loadPipelineWithoutTables } from '../../engines/load-pipeline';
import { withOutput } from '../../engines/versions/open-output';
import { scratchRoot, withScratch } from '../../clients/storage/local/scratch-folder';
import type { Config } from '../../worker/config';

export interface VerifiedDay extends Required<DayProof> {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly datasource: string;
}

/**
 * The proof of a day as it is now: compares what was published with what Druid serves. Throws NOT_BUILT if nothing is
 * published. Throws PROOF_FAILED with the first hour that differs, or with whatever other than a recompute serves the
 * day.
 *
 * @param report called with what is done, for people.
 */
export async function verifyDay(
  config: Config,
  name: string,
  date: BusinessDate,
  report: (done: string) => void,
): Promise<VerifiedDay> {
  const loaded = await loadPipelineWithoutTables(config.pipelines, name);
  const druid = createDruidClient(config.druid);
  const plan = dayPlan(loaded.pipeline, date);
  // The content first: the hour that differs says more than the owner of the segments.
  const compared = await withOutput(await outputPlaceIn(config.data, loaded.pipeline), date, async (output) => {
    const { version, manifest } = await requireCurrent(output, name);
    return withScratch(scratchRoot(config.data, name), `verify-${date}-${process.pid}`, (scratch) =>
      compareDay(druid, plan, { output, version, hours: manifest.hours }, loaded, { scratch, report }),
    );
  });
  const visible = await visibleSegments(druid, plan);
  checkSegments(plan, visible);
  return {
    pipeline: name,
    date,
    datasource: plan.datasource,
    version: latestVersion(visible),
    segments: visible.length,
    ...compared,
  };
}
