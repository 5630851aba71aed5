import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import * as z from 'zod';
import { isSameZone, requireOver, type BusinessDate } from '../../domain/business-date';
import { dayPlan, type DayPlan } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import type { Pipeline } from '../../domain/pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { loadPipelineNamed, loadPipelineWithoutTables } from '../../engines/load-pipeline';
import { withHeartbeats } from '../heartbeat';
import type { BatchDependencies } from './dependencies';

const CLOCK_SKEW_MILLISECONDS = 20_000;
const LONGEST_LOCATION = 4_096;

/** A plan as a caller gives it. It is compared with the plan that pipeline and date give. */
export const planInput = dayInput.extend({
  timeZone: shortText.exactOptional(),
  datasource: shortText.exactOptional(),
  realtimeDatasource: shortText.exactOptional(),
  interval: z.object({ start: shortText, end: shortText }).exactOptional(),
  output: z.string().max(LONGEST_LOCATION).nullable().exactOptional(),
});

export interface PlannedDay {
  readonly plan: DayPlan;
  readonly loaded: LoadedPipeline;
}

/**
 * The plan of a finished day of the pipeline. Throws BAD_DATE for a day that is not over: the seal would keep its next
 * rows out of realtime.
 */
export async function finishedDay(
  pipeline: Pipeline,
  date: BusinessDate,
  { now = () => new Date() }: Pick<BatchDependencies, 'now'>,
): Promise<DayPlan> {
  const plan = dayPlan(pipeline, date);
  const left = (): number => new Date(plan.interval.end).getTime() - now().getTime();
  // Temporal's clock may be ahead of this one, and a night may be due at 00:00. A timer may also fire a moment early.
  while (left() > 0 && left() <= CLOCK_SKEW_MILLISECONDS) await setTimeout(left());
  requireOver(plan.date, plan.timeZone, now());
  return plan;
}

export interface PlannedDayOptions {
  /** Whether the day's tables are loaded. Default false: no step but the build needs their rows. */
  readonly withTables?: boolean;
  /**
   * Whether the run is known to have replaced the day in a datasource. Called only if pipeline.yaml now names another
   * datasource. If true, the plan is about the datasource that was replaced. Default: none was.
   */
  readonly hasWritten?: (datasource: string) => Promise<boolean>;
}

/**
 * The plan of a day by its pipeline.yaml and its date, whatever the caller says: anybody who can add to a task queue
 * can give an activity any plan. Throws WRONG_USAGE, UNKNOWN_PIPELINE, BAD_DATE, BAD_TABLE if tables are loaded, and
 * BAD_PIPELINE if the given plan differs, for example because pipeline.yaml was changed since the run began.
 *
 * @param activity the activity that received the plan.
 */
export async function plannedDay(
  { pipelines, ...clock }: Pick<BatchDependencies, 'pipelines' | 'now'>,
  given: unknown,
  activity: string,
  { withTables = false, hasWritten = () => Promise.resolve(false) }: PlannedDayOptions = {},
): Promise<PlannedDay> {
  const { pipeline: name, date, ...claimed } = parseInput(planInput, given, activity);
  // Its tables can take longer than the heartbeat's timeout.
  const loaded = await withHeartbeats('loading the pipeline', () =>
    withTables ? loadPipelineNamed(pipelines, name, date) : loadPipelineWithoutTables(pipelines, name),
  );
  const plan = await finishedDay(loaded.pipeline, date, clock);
  const known = new Map<string, unknown>(Object.entries(plan));
  const { datasource = plan.datasource } = claimed;
  let isWritten: boolean | undefined;
  for (const [field, value] of Object.entries(claimed)) {
    if (isDeepStrictEqual(value, known.get(field))) continue;
    // A zone has several names. pipeline.yaml may use another one than when the run began.
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
