import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBusinessDate } from '../../domain/business-date';
import type { DailyBatchResult } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { parsePipelineName } from '../../domain/pipeline';
import { markServed } from '../../engines/kept-versions';
import type { BatchDependencies } from './dependencies';

export function createReconciliationActivities({ data }: BatchDependencies) {
  return {
    /** Keeps the result of a run as <data>/<pipeline>/reconciliation/<date>.json, for reports and for people. */
    async storeReconciliation(result: DailyBatchResult): Promise<void> {
      const folder = join(data, parsePipelineName(result.pipeline), 'reconciliation');
      const file = join(folder, `${parseBusinessDate(result.date)}.json`);
      requireFileName(result.taskId);
      await markServed(result.output, result.taskId);
      await mkdir(folder, { recursive: true });
      // Named after the task, which is one per run: two runs cannot write into each other's file.
      const unfinished = `${file}.${result.taskId}`;
      await writeFile(unfinished, `${JSON.stringify(result, null, 2)}\n`);
      await rename(unfinished, file);
    },
  };
}

/** The task's id becomes part of a file's name. */
function requireFileName(taskId: string): void {
  if (/^[\w.-]+$/.test(taskId)) return;
  throw new DaybreakError('OUTPUT_FAILED', {
    what: `${JSON.stringify(taskId)} is no id of a task, and cannot be part of a file's name`,
    remedy: 'Run the day again.',
  });
}
