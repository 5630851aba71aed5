import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DruidClient, Segment } from '../../clients/druid';
import type { BuiltDay, DayPlan, DayProof, ProvenHour } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { contentByHour, NO_CONTENT } from '../../engines/duckdb/content';
import type { LoadedPipeline } from '../../engines/loaded-pipeline';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { waitFor } from '../wait';
import type { BatchDependencies } from './dependencies';
import type { Reindexed } from './reindex-day';
import { servedDay } from './served-day';

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
      const hours = await compareHours(druid, plan, built, loaded);
      const different = hours.find(
        (hour) => hour.batchChecksum !== hour.druidChecksum || hour.batchRows !== hour.druidRows,
      );
      if (different !== undefined) {
        throw new DaybreakError('PROOF_FAILED', {
          what:
            `in hour ${different.hour} of ${plan.date} Druid serves ${different.druidRows} rows (checksum ` +
            `${different.druidChecksum}), the batch wrote ${different.batchRows} (checksum ${different.batchChecksum})`,
          remedy: `Run the day again (npx daybreak batch run --pipeline ${plan.pipeline} --date ${plan.date}); report it if it comes back.`,
        });
      }
      const version = segments[0]?.version ?? reindexed.createdTime;
      return { taskId: reindexed.taskId, version, segments: segments.length, hours };
    },
  };
}

/** The day's visible segments, once all are loaded and only the batch's are left. */
async function servedOnlyByBatch(
  druid: DruidClient,
  plan: DayPlan,
  reindexed: Reindexed,
): Promise<{ answer: readonly Segment[] } | { waitingFor: string }> {
  const visible = (await druid.queries.segments(plan.datasource, plan.interval)).filter((one) => !one.overshadowed);
  // Right after the task Druid's services still learn of its segments: older ones are waited out, up to the time-out.
  const older = visible.filter((one) => new Date(one.version) <= new Date(reindexed.createdTime));
  if (older.length > 0) return { waitingFor: `${older.length} older segments of the day to be overshadowed` };
  const unloaded = visible.filter((one) => !one.available);
  if (unloaded.length > 0) return { waitingFor: `${unloaded.length} segments of the day to be loaded` };
  if (visible.length === 0) return { waitingFor: 'the first segment of the day' };

  const versions = new Set(visible.map((one) => one.version));
  const strange = visible.find((one) => one.realtime || !one.published || !isDay(one, plan));
  if (versions.size > 1 || strange !== undefined) {
    throw new DaybreakError('PROOF_FAILED', {
      what: `${plan.date} is served by other segments than the batch's: ${visible.map((one) => one.id).join(', ')}`,
      remedy: 'Check that the supervisor holds the seal (npx daybreak status) and run the day again.',
    });
  }
  return { answer: visible };
}

function isDay({ start, end }: Segment, { interval }: DayPlan): boolean {
  return Date.parse(start) === Date.parse(interval.start) && Date.parse(end) === Date.parse(interval.end);
}

async function compareHours(
  druid: DruidClient,
  plan: DayPlan,
  built: BuiltDay,
  { pipeline, outputColumns }: LoadedPipeline,
): Promise<ProvenHour[]> {
  const served = await servedDay(druid, plan, pipeline, outputColumns);
  const scratch = await mkdtemp(join(tmpdir(), 'daybreak-proof-'));
  try {
    const files = built.hours.map(({ file }) => join(built.folder, file));
    const wrote = await contentByHour(pipeline, outputColumns, { files, hour: 'filename', scratch });
    const hours = new Set([...built.hours.map(({ hour }) => hour), ...served.keys()]);
    return [...hours].sort().map((hour) => {
      const [batch, after] = [wrote.get(hour) ?? NO_CONTENT, served.get(hour) ?? NO_CONTENT];
      return {
        hour,
        batchRows: batch.rows,
        druidRows: after.rows,
        batchChecksum: batch.checksum,
        druidChecksum: after.checksum,
      };
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
