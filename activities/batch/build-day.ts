import { Context } from '@temporalio/activity';
import { join } from 'node:path';
import * as z from 'zod';
import type { BuiltDay, DailyBatchInput, DayPlan } from '../../domain/daily-batch';
import { inputLocationOf } from '../../domain/pipeline';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import { truncatedFiles } from '../../domain/gate';
import { DEFAULT_MEMORY_LIMIT, runDayBuild } from '../../engines/build-day';
import { filesGoneSinceServed } from '../../engines/versions/gone-files';
import { withOutput } from '../../engines/versions/open-output';
import { transferTexts } from '../../engines/model/progress';
import { refuseConflicts } from '../../engines/pipeline/neighbour-pipelines';
import { loadPipelineNamed, loadPipelineWithoutTables } from '../../engines/load-pipeline';
import { withTablesOf } from '../../engines/tables/table-versions';
import { withHeartbeats } from '../heartbeat';
import { BuildsAtOnce } from './builds-at-once';
import { builtDayOf, outputPlaceIn, requireCurrent } from './built-day';
import type { BatchDependencies } from './dependencies';
import { finishedDay, plannedDay } from './planned-day';

const MEBIBYTE = 1024 ** 2;

/** A restore builds nothing. */
const planDayInput = dayInput.extend({ restore: shortText.exactOptional() });
const optionsInput = z.object({ force: z.boolean() });

export function createBuildActivities({ pipelines, data, findSpark, build = {}, ...clock }: BatchDependencies) {
  const memoryLimit = build.memoryMebibytes === undefined ? DEFAULT_MEMORY_LIMIT : build.memoryMebibytes * MEBIBYTE;
  const builds = new BuildsAtOnce(memoryLimit);
  return {
    /**
     * Fixes the plan of the day. Throws before it changes anything: UNKNOWN_PIPELINE, BAD_PIPELINE, or BAD_TABLE unless
     * it is a restore; BAD_PIPELINE also if another pipeline has the datasource or publishes in the same place, since the
     * day would replace that pipeline's rows; BAD_DATE for a day that does not exist or is not over yet, since the seal
     * would keep the day's next rows out of realtime.
     */
    async planDay(input: DailyBatchInput): Promise<DayPlan> {
      const { pipeline: name, date, restore } = parseInput(planDayInput, input, 'planDay');
      const plan = async (): Promise<DayPlan> => {
        const loaded =
          restore === undefined
            ? // A day without its tables in S3 or HDFS is refused before anything is built.
              await withTablesOf(await loadPipelineNamed(pipelines, name, date), date)
            : await loadPipelineWithoutTables(pipelines, name);
        await refuseConflicts(loaded, { kinds: ['datasource', 'location'] });
        return finishedDay(loaded.pipeline, date, clock);
      };
      // Its tables can take minutes to load. A cancellation does not wait for them: nothing is begun yet.
      return withHeartbeats('loading the pipeline', () => Promise.race([plan(), Context.current().cancelled]));
    },

    /** Builds and publishes the day. Hours that did not change since the last build are not built again. */
    async buildDay(given: DayPlan, options: { readonly force: boolean }): Promise<BuiltDay> {
      const context = Context.current();
      const { force } = parseInput(optionsInput, options, 'buildDay');
      const { plan, loaded } = await plannedDay({ pipelines, ...clock }, given, 'buildDay', { withTables: true });
      const place = await outputPlaceIn(data, loaded.pipeline);
      let done: string | undefined;
      return withHeartbeats(
        () => done,
        async () => {
          const onWait = (): void => {
            done = 'waiting for another build of this worker to end, so that its memory is enough';
          };
          await builds.run(context.info.taskQueue, { signal: context.cancellationSignal, onWait }, () => {
            done = undefined;
            return runDayBuild(loaded, {
              date: plan.date,
              input: inputLocationOf(loaded.pipeline, join(data, plan.pipeline)),
              ...{ output: place.location, scratch: place.scratch },
              engine: loaded.pipeline.batch.engine,
              findSpark,
              memoryLimit,
              ...(build.threads !== undefined && { threads: build.threads }),
              force,
              signal: context.cancellationSignal,
              onProgress: ({ rows, rowsPerSecond, hoursDone, hoursTotal, ...transferred }) => {
                const read = `${rows} records read, ${rowsPerSecond}/s; hour ${hoursDone} of ${hoursTotal} is done`;
                done = [...transferTexts(transferred), read].join('; ');
              },
            });
          });
          return withOutput(place, plan.date, async (output) => {
            const published = await requireCurrent(output, plan.pipeline);
            // Done also if nothing was built again: the watch for late data leaves time between two tries.
            await output.confirm(published.version);
            const gone = await filesGoneSinceServed(loaded.pipeline, join(data, plan.pipeline), {
              ...{ output, published, signal: context.cancellationSignal },
            });
            return { ...(await builtDayOf(output, published)), ...(gone.length > 0 && { gone: truncatedFiles(gone) }) };
          });
        },
      );
    },
  };
}
