import type { DruidClient, Segment } from '../../clients/druid';
import type { BuiltDay, DayPlan, DayProof } from '../../domain/daily-batch';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { beating, waitFor } from '../wait';
import { checkSegments, compareContent, visibleSegments } from './day-proof';
import type { BatchDependencies } from './dependencies';
import type { Reindexed } from './reindex-day';

export function createProofActivities({ druid, pipelines }: BatchDependencies) {
  return {
    /**
     * Shows that Druid serves exactly the built rows of the day: every visible segment is one day long, of one version
     * that is later than the task's start, and none is realtime; and each hour has the batch's rows, compared by an
     * order-independent checksum over every column. Throws PROOF_FAILED with the first difference.
     */
    async proveDay(plan: DayPlan, built: BuiltDay, reindexed: Reindexed): Promise<DayProof> {
      const loaded = await loadPipelineNamed(pipelines, plan.pipeline);
      const segments = await waitFor(() => servedOnlyByBatch(druid, plan, reindexed));
      const hours = await beating(
        () => 'comparing the rows that Druid serves with the batch’s',
        () => compareContent(druid, plan, built, loaded),
      );
      return { version: segments[0]?.version ?? reindexed.createdTime, segments: segments.length, hours };
    },
  };
}

/** The day's visible segments, once all are loaded and only the batch's are left. */
async function servedOnlyByBatch(
  druid: DruidClient,
  plan: DayPlan,
  reindexed: Reindexed,
): Promise<{ answer: readonly Segment[] } | { waitingFor: string }> {
  const visible = await visibleSegments(druid, plan);
  // Right after the task Druid's services still learn of its segments: older ones are waited out, up to the time-out.
  const older = visible.filter((one) => new Date(one.version) <= new Date(reindexed.createdTime));
  if (older.length > 0) return { waitingFor: `${older.length} older segments of the day to be overshadowed` };
  const unloaded = visible.filter((one) => !one.available);
  if (unloaded.length > 0) return { waitingFor: `${unloaded.length} segments of the day to be loaded` };
  if (visible.length === 0) return { waitingFor: 'the first segment of the day' };
  checkSegments(plan, visible);
  return { answer: visible };
}
