import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { DailyBatchResult } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import { realtimeHours } from '../../domain/realtime-error';
import { realtimeHour, type RealtimeHour } from '../../domain/realtime-hour';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { withOutput } from '../../engines/versions/open-output';
import { replaceFile } from '../../clients/storage/local/replace-file';
import { withHeartbeats } from '../heartbeat';
import { builtInput, namedOutputPlace } from './built-day';
import type { BatchDependencies } from './dependencies';

const keptHours = z.object({ realtime: z.array(realtimeHour) });

/** The fields of a result that name files. Its figures are for people. */
const resultInput = dayInput.extend({ output: builtInput.shape.folder, taskId: shortText });

export function createReconciliationActivities({ data, pipelines }: BatchDependencies) {
  return {
    /**
     * Stores the result of a run as <data>/<pipeline>/reconciliation/<date>.json, for reports and for people. Its
     * `realtime` has what realtime served before the first run of the day.
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
      await withHeartbeats('recording the proof', () =>
        withOutput(place, date, async (day) => {
          const { version } = await day.versionAt(output);
          await day.markServed(version, { task: taskId, isRestored: result.verdict === 'restored' });
        }),
      );
      await mkdir(folder, { recursive: true });
      const file = join(folder, `${date}.json`);
      // A batch with a datasource of its own leaves realtime's rows alone, so that each run finds them.
      const found = result.before === 'realtime' ? realtimeHours(result.hours) : undefined;
      const realtime = (await keptRealtime(file)) ?? found;
      await replaceFile(file, `${JSON.stringify({ ...result, ...(realtime && { realtime }) }, null, 2)}\n`);
    },
  };
}

/** Undefined if no run of the day found rows of realtime alone, or if the file of the last run cannot be read. */
async function keptRealtime(file: string): Promise<readonly RealtimeHour[] | undefined> {
  try {
    return keptHours.parse(JSON.parse(await readFile(file, 'utf8'))).realtime;
  } catch {
    // The file is written anew: what it said of realtime is only for the report's chart.
    return undefined;
  }
}
