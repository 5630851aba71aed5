import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { isSameZone, requireOver, type BusinessDate } from '../../domain/business-date';
import { dayPlan, type DayPlan } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import type { Pipeline } from '../../domain/pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import { withHeartbeats } from '../heartbeat';
import type { BatchDependencies } from './dependencies';

const CLOCK_SKEW_MILLISECONDS = 20_000;

/** A plan as a caller gives it: what its pipeline and its date do not say themselves is compared with what they say. */
export const planInput = dayInput.extend({
  timeZone: shortText.exactOptional(),
  datasource: shortText.exactOptional(),
  realtimeDatasource: shortText.exactOptional(),
  interval: z.object({ start: shortText, end: shortText }).exactOptional(),
});

export interface PlannedDay {
  readonly plan: DayPlan;
  readonly loaded: LoadedPipeline;
}

/**
 * What a finished day of the pipeline is. Throws BAD_DATE for one that is not over: the seal would keep its next rows
 * out of realtime.
 */
export async function finishedDay(
  pipeline: Pipeline,
  date: BusinessDate,
  { now = () => new Date() }: Pick<BatchDependencies, 'now'>,
): Promise<DayPlan> {
  const plan = dayPlan(pipeline, date);
  const left = (): number => new Date(plan.interval.end).getTime() - now().getTime();
  // Temporal's clock may be ahead of this one, and a night may be due at 00:00. A timer may be a moment early.
  while (left() > 0 && left() <= CLOCK_SKEW_MILLISECONDS) await setTimeout(left());
  requireOver(plan.date, plan.timeZone, now());
  return plan;
}

/**
 * The plan of a day by its pipeline.yaml and its date, whatever the caller says: a caller who may fill a task queue can
 * give an activity any plan. Throws WRONG_USAGE, UNKNOWN_PIPELINE, BAD_DATE, and BAD_PIPELINE where the given plan is
 * another, as where pipeline.yaml was changed since the run began.
 *
 * @param activity the one that the plan was given to.
 * @param hasWritten whether the run is known to have replaced the day in a datasource; asked only where pipeline.yaml names
 * another one by now. Where it has, the plan is about that one. Default: of none.
 */
export async function plannedDay(
  { pipelines, ...clock }: Pick<BatchDependencies, 'pipelines' | 'now'>,
  given: unknown,
  activity: string,
  hasWritten: (datasource: string) => Promise<boolean> = () => Promise.resolve(false),
): Promise<PlannedDay> {
  const { pipeline: name, date, ...claimed } = parseInput(planInput, given, activity);
  // Its tables can take longer than the heartbeat's timeout.
  const loaded = await withHeartbeats('loading the pipeline', () => loadPipelineNamed(pipelines, name));
  const plan = await finishedDay(loaded.pipeline, date, clock);
  const known = new Map<string, unknown>(Object.entries(plan));
  const { datasource = plan.datasource } = claimed;
  let isWritten: boolean | undefined;
  for (const [field, value] of Object.entries(claimed)) {
    if (isDeepStrictEqual(value, known.get(field))) continue;
    // A zone has several names, of which pipeline.yaml may have another one since the run began.
    if (field === 'timeZone' && typeof value === 'string' && isSameZone(value, plan.timeZone)) continue;
    if (field.toLowerCase().endsWith('datasource') && (isWritten ??= await hasWritten(datasource))) continue;
    const [is, should] = [JSON.stringify(value), JSON.stringify(known.get(field))];
    throw new DaybreakError('BAD_PIPELINE', {
      what: `${activity} got ${is} as the ${field} of ${date}, but the pipeline.yaml of ${name} gives ${should}`,
      remedy: `Run the day again, with pipeline.yaml as it is now: npx daybreak batch run --pipeline ${name} --date ${date}`,
    });
  }
  return { plan: isWritten === true ? { ...plan, datasource } : plan, loaded };
}
