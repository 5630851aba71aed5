import type { BuiltDay, DayPlan, GateReport } from '../../domain/daily-batch';
import { refusalsOf, type AcceptableGateCode } from '../../domain/gate';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { beating } from '../wait';
import type { BatchDependencies } from './dependencies';
import { servedDay } from './served-day';

export function createGateActivities({ druid, pipelines }: BatchDependencies) {
  return {
    /** Compares the built day with what Druid serves now. Throws nothing of its own: the refusals are in the report. */
    async checkGate(
      plan: DayPlan,
      built: BuiltDay,
      { accept }: { readonly accept: readonly AcceptableGateCode[] },
    ): Promise<GateReport> {
      const loaded = await loadPipelineNamed(pipelines, plan.pipeline);
      const served = await beating(
        () => 'fetching the rows that realtime serves',
        () => servedDay(druid, { datasource: plan.realtimeDatasource, interval: plan.interval }, loaded),
      );
      const realtime = [...served].map(([hour, { rows, distinct }]) => ({ hour, rows, distinct }));
      const found = refusalsOf(loaded.pipeline.gate, {
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
