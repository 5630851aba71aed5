import { join } from 'node:path';
import { businessDateOf, shiftDate, type BusinessDate } from '../../domain/business-date';
import { DaybreakError } from '../../domain/errors';
import { decideLateData, type DaySurvey, type NightlyRun } from '../../domain/late-data';
import { isOfOneDay, surveyDay } from '../../engines/versions/late-data-scan';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';

/** A finished day whose files differ from those that Druid's batch rows were made of. */
export interface WaitingDay {
  readonly date: BusinessDate;
  readonly why: string;
  readonly remedy: string;
}

const TIMEOUT_SECONDS = 15;

function notCompared(thrown: unknown, signal: AbortSignal, folder: string): Pick<WaitingDay, 'why' | 'remedy'> {
  if (signal.aborted) {
    const remedy = `See whether its input can be read: npx daybreak pipeline check ${folder} --connect`;
    return { why: `its files were not compared within ${TIMEOUT_SECONDS} s`, remedy };
  }
  if (!(thrown instanceof DaybreakError)) throw thrown;
  return { why: `its files cannot be compared: ${thrown.what}`, remedy: thrown.remedy };
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
  const signal = AbortSignal.timeout(TIMEOUT_SECONDS * 1_000);
  for (let back = 1; back <= days; back++) {
    let survey: DaySurvey;
    try {
      survey = await surveyDay(loaded, join(data, name), shiftDate(today, -back), { signal });
    } catch (thrown) {
      waiting.push({ date: shiftDate(today, -back), ...notCompared(thrown, signal, loaded.folder) });
      // A storage that cannot be reached would take as long for each day.
      if (signal.aborted || (thrown instanceof DaybreakError && !isOfOneDay(thrown))) break;
      continue;
    }
    const { date, inputs } = survey;
    const run = `npx daybreak batch run --pipeline ${name} --date ${date}`;
    // The watch looks at fewer days than are shown. A pipeline without a schedule of nights has no watch at all.
    const unlessWatched = (watch: string, nightly: NightlyRun | undefined): string =>
      back > lateData.days || nightly?.hasSchedule === false ? run : `The late-data watch ${watch}; now: ${run}`;
    if (inputs === 'unbuilt') {
      const nightly = await nightlyRunOf?.(date);
      const { decision, because } = decideLateData(lateData, survey, now, nightly);
      if (nightly === undefined) waiting.push({ date, why: 'has files and no build', remedy: run });
      if (decision === 'missed') waiting.push({ date, why: because, remedy: run });
      if (decision === 'build') waiting.push({ date, why: because, remedy: unlessWatched('builds it', nightly) });
    }
    if (inputs === 'changed') {
      const nightly = await nightlyRunOf?.(date);
      const { decision, because } = decideLateData(lateData, survey, now, nightly);
      const remedy = decision === 'wait' ? unlessWatched('takes it in when it is due', nightly) : run;
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
