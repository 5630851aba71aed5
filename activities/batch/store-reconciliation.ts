import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { DailyBatchResult } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import { realtimeHours } from '../../domain/realtime-error';
import { realtimeHour } from '../../domain/realtime-hour';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { pipelineVersion } from '../../engines/pipeline/pipeline-version';
import { withOutput } from '../../engines/versions/open-output';
import { replaceFile } from '../../clients/storage/local/replace-file';
import { withHeartbeats } from '../heartbeat';
import { builtInput, namedOutputPlace } from './built-day';
import type { BatchDependencies } from './dependencies';

/** What the first run of the day found of realtime, and the version of the pipeline that its rows were made with. */
const keptRealtime = z.object({ realtime: z.array(realtimeHour), realtimePipelineVersion: z.string().exactOptional() });
type KeptRealtime = z.infer<typeof keptRealtime>;

/** The hashes of a manifest, which may have been written by something else than a build. */
const pipelineHashes = z.object({
  transform: z.string(),
  settings: z.string(),
  tables: z.record(z.string(), z.string()),
});

/** The fields of a result that name files. Its figures are for people. */
const resultInput = dayInput.extend({ output: builtInput.shape.folder, taskId: shortText });

export function createReconciliationActivities({ data, pipelines }: BatchDependencies) {
  return {
    /**
     * Stores the result of a run as <data>/<pipeline>/reconciliation/<date>.json, for reports and for people. Its
     * `realtime` has what realtime served before the first run of the day. Its counts are only comparable with later
     * ones of the same version of the pipeline.
     */
    async storeReconciliation(result: DailyBatchResult): Promise<void> {
      const { pipeline, date, output, taskId } = parseInput(resultInput, result, 'storeReconciliation');
      if (!/^daybreak_[\w-]+$/.test(taskId) || !taskId.includes(`_${date}_`)) {
        throw new DaybreakError('OUTPUT_FAILED', {
          what: `${JSON.stringify(taskId)} is not a task that replaced ${date}`,
          remedy: 'Run the day again.',
        });
      }
      const place = await namedOutputPlace(pipelines, data, pipeline);
      const folder = await folderWithin(data, pipeline, 'reconciliation');
      const manifest = await withHeartbeats('recording the proof', () =>
        withOutput(place, date, async (day) => {
          const served = await day.versionAt(output);
          await day.markServed(served.version, { task: taskId, isRestored: result.verdict === 'restored' });
          return served.manifest;
        }),
      );
      const hashes = pipelineHashes.safeParse(manifest).data;
      const version = hashes && pipelineVersion(hashes);
      await mkdir(folder, { recursive: true });
      const file = join(folder, `${date}.json`);
      // A batch with a datasource of its own leaves realtime's rows alone, so that each run finds them.
      const found: KeptRealtime | undefined =
        result.before === 'realtime'
          ? { realtime: realtimeHours(result.hours), ...(version && { realtimePipelineVersion: version }) }
          : undefined;
      const kept = (await readKept(file)) ?? found;
      const stored = { ...result, ...(kept && version && { pipelineVersion: version }), ...kept };
      await replaceFile(file, `${JSON.stringify(stored, null, 2)}\n`);
    },
  };
}

/** Undefined if no run of the day found rows of realtime alone, or if the file of the last run cannot be read. */
async function readKept(file: string): Promise<KeptRealtime | undefined> {
  try {
    return keptRealtime.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    // The file is written anew: what it said of realtime is only for the report's chart.
    return undefined;
  }
}
