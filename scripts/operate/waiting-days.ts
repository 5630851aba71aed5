import { join } from 'node:path';
import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { decideLateData, type NightlyRun } from '../../domain/late-data';
import { surveyDay } from '../../engines/versions/late-data-scan';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';

/** A finished day whose files differ from those that Druid's batch rows were made of. */
export interface WaitingDay {
  readonly date: BusinessDate;
  readonly why: string;
  readonly remedy: string;
}

/**
 * The latest days that wait for a recompute, or that can no longer have one; latest first.
 *
 * @param nightlyRunOf asks Temporal about a day. Undefined if Temporal does not answer: then every finished day with
 *   files and without a build is listed.
 */
export async function waitingDays(
  loaded: LoadedPipeline,
  data: string,
  days: number,
  nightlyRunOf?: (date: BusinessDate) => Promise<NightlyRun>,
): Promise<WaitingDay[]> {
  const { name, timeZone, lateData } = loaded.pipeline;
  const now = new Date();
  const today = businessDateOf(now, timeZone);
  const waiting: WaitingDay[] = [];
  for (let back = 1; back <= days; back++) {
    const survey = await surveyDay(loaded, join(data, name), shiftDate(today, -back));
    const { date, inputs } = survey;
    const run = `npx daybreak batch run --pipeline ${name} --date ${date}`;
    if (inputs === 'unbuilt') {
      const { decision, because } = decideLateData(lateData, survey, now, await nightlyRunOf?.(date));
      if (nightlyRunOf === undefined) waiting.push({ date, why: 'has files and no build', remedy: run });
      if (decision === 'missed') waiting.push({ date, why: because, remedy: run });
      if (decision === 'build')
        waiting.push({ date, why: because, remedy: `The late-data watch builds it; now: ${run}` });
    }
    if (inputs === 'changed') {
      const { decision, because } = decideLateData(lateData, survey, now);
      const remedy = decision === 'wait' ? `The late-data watch takes it in when it is due; now: ${run}` : run;
      waiting.push({ date, why: because, remedy });
    }
    if (inputs === 'expired') {
      waiting.push({
        date,
        why: 'files of its build are gone; it is not recomputed any more',
        remedy: 'Bring the files back before a recompute, which would lose their rows',
      });
    }
  }
  return waiting;
}
