import { Context } from '@temporalio/activity';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseBusinessDate, requireOver } from '../../domain/business-date';
import { dayPlan, type BuiltDay, type DailyBatchInput, type DayPlan } from '../../domain/daily-batch';
import { buildDay } from '../../engines/day-build';
import { refuseConflicts } from '../../engines/neighbour-pipelines';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { outputFolder, readBuiltDay } from './built-day';
import type { BatchDependencies } from './dependencies';

const MEBIBYTE = 1024 ** 2;
const CLOCK_SKEW_MILLISECONDS = 20_000;

export function createBuildActivities({
  pipelines,
  data,
  findSpark,
  build = {},
  now = () => new Date(),
}: BatchDependencies) {
  return {
    /**
     * Fixes what the day is. Throws, before anything is touched: UNKNOWN_PIPELINE, BAD_PIPELINE or BAD_TABLE; BAD_PIPELINE also
     * where another pipeline has the datasource, since the day would replace that pipeline's rows; BAD_DATE for a day that
     * is none or not over yet, since the seal would keep the day's next rows out of realtime.
     */
    async planDay({ pipeline: name, date }: DailyBatchInput): Promise<DayPlan> {
      const loaded = await loadPipelineNamed(pipelines, name);
      await refuseConflicts(loaded, { kinds: ['datasource'] });
      const plan = dayPlan(loaded.pipeline, parseBusinessDate(date));
      const left = (): number => new Date(plan.interval.end).getTime() - now().getTime();
      // Temporal's clock may be ahead of this one, and a night may be due at 00:00. A timer may be a moment early.
      while (left() > 0 && left() <= CLOCK_SKEW_MILLISECONDS) await setTimeout(left());
      requireOver(plan.date, plan.timeZone, now());
      return plan;
    },

    /** Builds and publishes the day; what did not change since the last build is not built again. */
    async buildDay(plan: DayPlan, { force }: { readonly force: boolean }): Promise<BuiltDay> {
      const context = Context.current();
      const loaded = await loadPipelineNamed(pipelines, plan.pipeline);
      const output = outputFolder(data, plan.pipeline);
      await buildDay(loaded, {
        date: plan.date,
        input: join(data, plan.pipeline, 'input'),
        output,
        engine: loaded.pipeline.batch.engine,
        findSpark,
        ...(build.memoryMebibytes !== undefined && { memoryLimit: build.memoryMebibytes * MEBIBYTE }),
        ...(build.threads !== undefined && { threads: build.threads }),
        force,
        signal: context.cancellationSignal,
        onProgress: ({ rows, rowsPerSecond, hoursDone, hoursTotal }) => {
          context.heartbeat(`${rows} records read, ${rowsPerSecond}/s; hour ${hoursDone} of ${hoursTotal} is done`);
        },
      });
      const built = await readBuiltDay(output, plan.date);
      // Also of one that was not built again: the watch for late data leaves time between two tries.
      await utimes(built.folder, new Date(), new Date());
      return built;
    },
  };
}
