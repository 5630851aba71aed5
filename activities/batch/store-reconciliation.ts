import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { DailyBatchResult } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { versionAt } from '../../engines/versions/day-version';
import { markServed } from '../../engines/versions/kept-versions';
import { replaceFile } from '../../clients/storage/local/replace-file';
import { builtInput } from './built-day';
import type { BatchDependencies } from './dependencies';

/** The fields of a result that name files. Its figures are for people. */
const resultInput = dayInput.extend({ output: builtInput.shape.folder, taskId: shortText });

export function createReconciliationActivities({ data }: BatchDependencies) {
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
      const version = await versionAt(await folderWithin(data, pipeline, 'output'), date, output);
      const folder = await folderWithin(data, pipeline, 'reconciliation');
      await markServed(version.folder, taskId);
      await mkdir(folder, { recursive: true });
      await replaceFile(join(folder, `${date}.json`), `${JSON.stringify(result, null, 2)}\n`);
    },
  };
}
