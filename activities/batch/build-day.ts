import { Context } from '@temporalio/activity';
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { BuiltDay, DailyBatchInput, DayPlan } from '../../domain/daily-batch';
import { inputLocationOf } from '../../domain/pipeline';
import { dayInput, parseInput } from '../../domain/parse-input';
import { runDayBuild } from '../../engines/build-day';
import { fetchedText } from '../../engines/model/progress';
import { refuseConflicts } from '../../engines/pipeline/neighbour-pipelines';
import { loadPipelineNamed } from '../../engines/load-pipeline';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { withHeartbeats } from '../heartbeat';
import { readBuiltDay } from './built-day';
import type { BatchDependencies } from './dependencies';
import { finishedDay, plannedDay } from './planned-day';

const MEBIBYTE = 1024 ** 2;

const optionsInput = z.object({ force: z.boolean() });

export function createBuildActivities({ pipelines, data, findSpark, build = {}, ...clock }: BatchDependencies) {
  return {
    /**
     * Fixes the plan of the day. Throws before it changes anything: UNKNOWN_PIPELINE, BAD_PIPELINE or BAD_TABLE;
     * BAD_PIPELINE also if another pipeline has the datasource, since the day would replace that pipeline's rows;
     * BAD_DATE for a day that does not exist or is not over yet, since the seal would keep the day's next rows out of
     * realtime.
     */
    async planDay(input: DailyBatchInput): Promise<DayPlan> {
      const { pipeline: name, date } = parseInput(dayInput, input, 'planDay');
      const loaded = await loadPipelineNamed(pipelines, name);
      await refuseConflicts(loaded, { kinds: ['datasource'] });
      return finishedDay(loaded.pipeline, date, clock);
    },

    /** Builds and publishes the day. Hours that did not change since the last build are not built again. */
    async buildDay(given: DayPlan, options: { readonly force: boolean }): Promise<BuiltDay> {
      const context = Context.current();
      const { force } = parseInput(optionsInput, options, 'buildDay');
      const { plan, loaded } = await plannedDay({ pipelines, ...clock }, given, 'buildDay');
      const output = await folderWithin(data, plan.pipeline, 'output');
      let done: string | undefined;
      return withHeartbeats(
        () => done,
        async () => {
          await runDayBuild(loaded, {
            date: plan.date,
            input: inputLocationOf(loaded.pipeline, join(data, plan.pipeline)),
            output,
            engine: loaded.pipeline.batch.engine,
            findSpark,
            ...(build.memoryMebibytes !== undefined && { memoryLimit: build.memoryMebibytes * MEBIBYTE }),
            ...(build.threads !== undefined && { threads: build.threads }),
            force,
            signal: context.cancellationSignal,
            onProgress: ({ rows, rowsPerSecond, fetchedBytes, hoursDone, hoursTotal }) => {
              const fetched = fetchedBytes === 0 ? '' : `${fetchedText(fetchedBytes)}; `;
              done = `${fetched}${rows} records read, ${rowsPerSecond}/s; hour ${hoursDone} of ${hoursTotal} is done`;
            },
          });
          const built = await readBuiltDay(output, plan.date);
          // Done also if nothing was built again: the watch for late data leaves time between two tries.
          await utimes(built.folder, new Date(), new Date());
          return built;
        },
      );
    },
  };
}
