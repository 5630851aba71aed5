import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DailyBatchResult } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { withOutput } from '../../engines/versions/open-output';
import { replaceFile } from '../../clients/storage/local/replace-file';
import { withHeartbeats } from '../heartbeat';
import { builtInput, namedOutputPlace } from './built-day';
import type { BatchDependencies } from './dependencies';

/** The fields of a result that name files. Its figures are for people. */
const resultInput = dayInput.extend({ output: builtInput.shape.folder, taskId: shortText });

export function createReconciliationActivities({ data, pipelines }: BatchDependencies) {
  return {
    /** Stores the result of a run as <data>/<pipeline>/reconciliation/<date>.json, for reports and for people. */
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
          await day.markServed(version, taskId);
        }),
      );
      await mkdir(folder, { recursive: true });
      await replaceFile(join(folder, `${date}.json`), `${JSON.stringify(result, null, 2)}\n`);
    },
  };
}
