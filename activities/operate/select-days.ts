import type { Client } from '@temporalio/client';
import { join } from 'node:path';
import * as z from 'zod';
import { MAXIMUM_DAYS, requireRange, type BackfillInput, type BackfillSelection } from '../../domain/backfill';
import { datesBetween, parseBusinessDate, requireOver, type BusinessDate } from '../../domain/business-date';
import { asDaybreakError, DaybreakError } from '../../domain/errors';
import type { DaySurvey } from '../../domain/late-data';
import { isOfOneDay, surveyDay } from '../../engines/versions/late-data-scan';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { inputLocationOf } from '../../domain/pipeline';
import { scratchRoot } from '../../clients/storage/local/scratch-folder';
import { listInput, withInput } from '../../engines/input/input-files';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import { lastChange } from '../batch/settle-input';
import { lastRuns } from './day-runs';

export interface OperateDependencies {
  /** Absolute path of the folder that has one folder for each pipeline. */
  readonly pipelines: string;
  /** Absolute path; see Config.data. */
  readonly data: string;
}

/** How far a selection has come. */
export interface Selection {
  /** A character for each day that is decided about, in order: 1 if it is selected, else 0. At most MAXIMUM_DAYS. */
  readonly decided: string;
}

export const selectionSchema = z.object({
  decided: z
    .string()
    .max(MAXIMUM_DAYS)
    .regex(/^[01]*$/),
}) satisfies z.ZodType<Selection>;

interface SelectOptions {
  readonly signal?: AbortSignal | undefined;
  /** What the same selection has decided before. Default: nothing. */
  readonly before?: Selection;
  /** Called after each day. */
  readonly onDecided?: (selection: Selection) => void;
}

/**
 * The days of a backfill, in order. Throws BAD_DATE for an invalid range, and for a range that is not over yet:
 * realtime still fills its last day.
 */
export async function selectDays(
  client: Client,
  { pipelines, data }: OperateDependencies,
  { pipeline: name, from, to, only = 'missing' }: BackfillInput,
  { signal, before, onDecided }: SelectOptions = {},
): Promise<BusinessDate[]> {
  const loaded = await loadPipelineNamed(pipelines, name);
  const dates = datesOf(from, to, loaded.pipeline.timeZone);
  if (only === 'all') return dates;
  /** Undefined if the day cannot be compared: it is selected, so that its own run says why. */
  const survey = async (date: BusinessDate): Promise<DaySurvey | undefined> => {
    const found = await surveyDay(loaded, join(data, name), date, { signal }).catch(asDaybreakError);
    if (!(found instanceof DaybreakError)) return found;
    if (isOfOneDay(found)) return undefined;
    throw found;
  };
  const chosen = await chooser(only, client, loaded, { from, to }, survey);
  let decided = before?.decided ?? '';
  for (const date of dates.slice(decided.length)) {
    decided += (await chosen(date)) ? '1' : '0';
    onDecided?.({ decided });
  }
  return dates.filter((_, day) => decided[day] === '1');
}

/** How a run of a day that starts now would find the day's input. */
export interface ExpectedInput {
  readonly date: BusinessDate;
  /** `none`: the run fails with NO_INPUT; `unsettled`: it waits first; `unknown`: the files cannot be listed. */
  readonly input: 'none' | 'unsettled' | 'settled' | 'unknown';
  /** Of `unsettled`: when its files will have settled if none changes again. ISO 8601. */
  readonly settlesAt?: string;
}

/** How runs of the days would find their input. Lists the files and reads none. */
export async function expectedInputs(
  { pipelines, data }: OperateDependencies,
  name: string,
  dates: readonly BusinessDate[],
): Promise<ExpectedInput[]> {
  const { pipeline } = await loadPipelineNamed(pipelines, name);
  const { settleSeconds } = pipeline.gate;
  return withInput(inputLocationOf(pipeline, join(data, name)), { scratch: scratchRoot(data, name) }, async (place) => {
    const found: ExpectedInput[] = [];
    for (const date of dates) {
      const listed = await listInput(place, pipeline, date).catch(asDaybreakError);
      if (listed instanceof DaybreakError) {
        found.push({ date, input: listed.code === 'NO_INPUT' ? 'none' : 'unknown' });
        continue;
      }
      const settles = lastChange(listed.own).at + settleSeconds * 1_000;
      if (settles <= Date.now()) found.push({ date, input: 'settled' });
      else found.push({ date, input: 'unsettled', settlesAt: new Date(settles).toISOString() });
    }
    return found;
  });
}

async function chooser(
  only: Exclude<BackfillSelection, 'all'>,
  client: Client,
  loaded: LoadedPipeline,
  { from, to }: Pick<BackfillInput, 'from' | 'to'>,
  survey: (date: BusinessDate) => Promise<DaySurvey | undefined>,
): Promise<(date: BusinessDate) => Promise<boolean>> {
  switch (only) {
    case 'missing':
      return async (date) => (await survey(date))?.replaced !== true;
    case 'changed':
      return async (date) => {
        const found = await survey(date);
        if (found === undefined) return true;
        const { inputs, otherTransform } = found;
        return inputs === 'unbuilt' || inputs === 'changed' || (inputs === 'unchanged' && otherTransform);
      };
    case 'failed': {
      const runs = await lastRuns(client, loaded.pipeline.name, { from, to });
      return (date) => {
        const run = runs.get(date);
        return Promise.resolve(run !== undefined && /^(refused|failed|cancelled)/.test(run.outcome));
      };
    }
  }
}

function datesOf(from: string, to: string, timeZone: string): BusinessDate[] {
  const [first, last] = [parseBusinessDate(from), parseBusinessDate(to)];
  requireRange({ from: first, to: last });
  requireOver(last, timeZone, new Date());
  return datesBetween(first, last);
}
