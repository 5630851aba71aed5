import { Context } from '@temporalio/activity';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { dayInterval, parseBusinessDate } from '../../domain/business-date';
import type { BuiltDay, DailyBatchInput, DayPlan, GateReport } from '../../domain/daily-batch';
import { refusalsOf, type GateCode } from '../../domain/gate';
import { buildDay } from '../../engines/day-build';
import { listInput } from '../../engines/input-files';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { waitFor } from '../wait';
import type { BatchDependencies } from './dependencies';
import { servedDay } from './served-day';

export function createBuildActivities({ druid, pipelines, data }: BatchDependencies) {
  return {
    /** Fixes what the day is. Throws UNKNOWN_PIPELINE, BAD_PIPELINE or BAD_DATE before anything is touched. */
    async planDay({ pipeline: name, date: text }: DailyBatchInput): Promise<DayPlan> {
      const { pipeline } = await loadPipelineNamed(pipelines, name);
      const date = parseBusinessDate(text);
      const { timeZone } = pipeline;
      return {
        pipeline: name,
        date,
        timeZone,
        datasource: pipeline.druid.datasource,
        interval: dayInterval(date, timeZone),
      };
    },

    /**
     * Waits until no input file of the day has changed for the pipeline's settle time. Throws NO_INPUT where there is none.
     */
    async awaitSettledInput({ pipeline: name, date }: DayPlan): Promise<void> {
      const { pipeline } = await loadPipelineNamed(pipelines, name);
      await waitFor(async () => {
        const files = await listInput(join(data, name, 'input'), pipeline.files.pattern, date);
        const youngest = Math.max(...files.map(({ changedAt }) => changedAt));
        const left = pipeline.gate.settleSeconds - (Date.now() - youngest) / 1_000;
        if (left <= 0) return { answer: undefined };
        return { waitingFor: `the input files to settle: one changed lately, ${Math.ceil(left)} s to go` };
      });
    },

    /** Builds and publishes the day; what did not change since the last build is not built again. */
    async buildDay(plan: DayPlan, { force }: { readonly force: boolean }): Promise<BuiltDay> {
      const context = Context.current();
      const loaded = await loadPipelineNamed(pipelines, plan.pipeline);
      const output = join(data, plan.pipeline, 'output');
      const manifest = await buildDay(loaded, {
        date: plan.date,
        input: join(data, plan.pipeline, 'input'),
        output,
        engine: 'duckdb',
        force,
        signal: context.cancellationSignal,
        onProgress: ({ rows, rowsPerSecond, hoursDone, hoursTotal }) => {
          context.heartbeat(`${rows} records read, ${rowsPerSecond}/s; hour ${hoursDone} of ${hoursTotal} is done`);
        },
      });
      return {
        // The version behind the day's name: it stays what it is when the day is built again.
        folder: await realpath(join(output, plan.date)),
        counts: manifest.counts,
        missingHours: manifest.missingHours,
        hours: manifest.hours,
      };
    },

    /** Compares the built day with what Druid serves now. Throws nothing of its own: the refusals are in the report. */
    async checkGate(
      plan: DayPlan,
      built: BuiltDay,
      { accept }: { readonly accept: readonly GateCode[] },
    ): Promise<GateReport> {
      const { pipeline, outputColumns: columns } = await loadPipelineNamed(pipelines, plan.pipeline);
      const served = await servedDay(druid, plan, pipeline, columns);
      const realtime = [...served].map(([hour, { rows, distinct }]) => ({ hour, rows, distinct }));
      const found = refusalsOf(pipeline.gate, {
        missingHours: built.missingHours,
        written: Object.fromEntries(built.hours.map(({ hour, written }) => [hour, written])),
        realtimeDistinct: Object.fromEntries(realtime.map(({ hour, distinct }) => [hour, distinct])),
      });
      return {
        realtime,
        refusals: found.filter(({ code }) => !accept.includes(code)),
        accepted: found.filter(({ code }) => accept.includes(code)),
      };
    },
  };
}
