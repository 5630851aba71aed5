import { join } from 'node:path';
import { outputPlaceIn, requireCurrent } from '../../activities/batch/built-day';
import { compareDay, type Comparison } from '../../activities/batch/compare-day';
import { checkSegments, latestVersion, visibleSegments } from '../../activities/batch/day-segments';
import { createDruidClient } from '../../clients/druid';
import type { BusinessDate } from '../../domain/business-date';
import { dayPlan, type DayProof } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { loadPipelineWithoutTables } from '../../engines/load-pipeline';
import type { PublishedDay } from '../../engines/versions/day-output';
import { servedOr } from '../../engines/versions/late-data-scan';
import { withOutput } from '../../engines/versions/open-output';
import { scratchRoot, withScratch } from '../../clients/storage/local/scratch-folder';
import type { Config } from '../../worker/config';

export interface VerifiedDay extends Required<DayProof> {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly datasource: string;
  /** The name of the published version whose rows Druid serves. */
  readonly build: string;
  /** The name of the last build, if Druid serves an older one: no run replaced the day with it. */
  readonly notServed?: string;
}

/**
 * The proof of a day as it is now: compares the version that Druid was proven to serve with what it serves. Throws
 * NOT_BUILT if nothing is published. Throws PROOF_FAILED with the first hour that differs, or with whatever other than a
 * recompute serves the day.
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
    const published = await requireCurrent(output, name);
    const served = await servedOr(published, output, join(config.data, name));
    return withScratch(scratchRoot(config.data, name), `verify-${date}-${process.pid}`, (scratch) =>
      compareServed(served, published, ({ version, manifest }) =>
        compareDay(druid, plan, { output, version, hours: manifest.hours }, loaded, { scratch, report }),
      ),
    );
  });
  const visible = await visibleSegments(druid, plan);
  const rows = compared.hours.reduce((sum, { batchRows }) => sum + batchRows, 0);
  checkSegments(plan, visible, rows);
  return {
    pipeline: name,
    date,
    datasource: plan.datasource,
    version: latestVersion(visible),
    segments: visible.length,
    ...compared,
  };
}

async function compareServed(
  served: PublishedDay,
  published: PublishedDay,
  compare: (day: PublishedDay) => Promise<Comparison>,
): Promise<Comparison & Pick<VerifiedDay, 'build' | 'notServed'>> {
  const { version } = published;
  if (served.version === version) return { ...(await compare(published)), build: version };
  try {
    return { ...(await compare(served)), build: served.version, notServed: version };
  } catch (thrown) {
    if (!isDifferent(thrown)) throw thrown;
    // A run that failed after its load was not recorded: Druid may serve the last build.
    const compared = await compare(published).catch((other: unknown) => {
      throw isDifferent(other) ? thrown : other;
    });
    return { ...compared, build: version };
  }
}

function isDifferent(thrown: unknown): boolean {
  return thrown instanceof DaybreakError && ['PROOF_FAILED', 'UNREADABLE_VERSION'].includes(thrown.code);
}
