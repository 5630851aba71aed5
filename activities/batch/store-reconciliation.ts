import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DailyBatchResult } from '../../domain/daily-batch';
import { markServed } from '../../engines/kept-versions';
import type { BatchDependencies } from './dependencies';

export function createReconciliationActivities({ data }: BatchDependencies) {
  return {
    /** Keeps the result of a run as <data>/<pipeline>/reconciliation/<date>.json, for reports and for people. */
    async storeReconciliation(result: DailyBatchResult): Promise<void> {
      const folder = join(data, result.pipeline, 'reconciliation');
      const file = join(folder, `${result.date}.json`);
      await mkdir(folder, { recursive: true });
      await markServed(result.output, result.taskId);
      // Named after the task, which is one per run: two runs cannot write into each other's file.
      const unfinished = `${file}.${result.taskId}`;
      await writeFile(unfinished, `${JSON.stringify(result, null, 2)}\n`);
      await rename(unfinished, file);
    },
  };
}
