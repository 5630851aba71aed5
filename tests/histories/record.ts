import { temporal } from '@temporalio/proto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfig } from '../../worker/config';
import { withClient } from '../../worker/connect';
import * as workflows from '../../workflows';

/**
 * Records histories in Temporal's own binary form: of each workflow that a pipeline ran, the latest run. The replay
 * test replays them against the code. Do it after a change was made replay-safe with `patched`. Keep the older files
 * beside the new ones:
 *
 *   npx tsx tests/histories/record.ts <pipeline> [suffix]
 */
async function record(pipeline: string, suffix: string): Promise<void> {
  await withClient(readConfig(), async (client) => {
    for (const type of Object.keys(workflows)) {
      const query = `WorkflowType = '${type}' AND DaybreakPipeline = '${pipeline}'`;
      const next = await client.workflow.list({ query, pageSize: 1 })[Symbol.asyncIterator]().next();
      if (next.done === true) continue;
      const history = await client.workflow.getHandle(next.value.workflowId, next.value.runId).fetchHistory();
      removeStackTraces(history);
      const file = join(__dirname, `${type}${suffix}.history`);
      await writeFile(file, temporal.api.history.v1.History.encode(history).finish());
      process.stdout.write(`${file}: ${history.events?.length ?? 0} events\n`);
    }
  });
}

/** They name folders of the machine where the workflow ran, and no replay reads them. */
function removeStackTraces(value: unknown): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  if ('stackTrace' in value) value.stackTrace = '';
  Object.values(value).forEach(removeStackTraces);
}

const [pipeline = '', suffix = ''] = process.argv.slice(2);
void record(pipeline, suffix);
