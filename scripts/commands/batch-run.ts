import { Command, Option } from 'commander';
import { parseBusinessDate } from '../../domain/business-date';
import type { DailyBatchResult } from '../../domain/daily-batch';
import { GATE_CODES, type GateCode } from '../../domain/gate';
import { reconciliationTable } from '../../domain/reconciliation';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { readConfig } from '../../worker/config';
import { withClient } from '../../worker/connect';
import { workflowUrl } from '../output/links';
import { print, printJson, progress } from '../output/print';
import { table } from '../output/table';
import { runDay, startDay } from '../run-day';

interface Options {
  readonly pipeline: string;
  readonly date: string;
  readonly force: boolean;
  readonly accept: readonly GateCode[];
  readonly wait: boolean;
  readonly json: boolean;
}

export function batchRunCommand(): Command {
  return new Command('run')
    .description('recompute a day and replace it in Druid, with proof')
    .requiredOption('--date <date>', 'the local day, YYYY-MM-DD')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--force', 'rebuild every hour even where nothing changed', false)
    .addOption(
      new Option('--accept <code...>', 'go on although the gate refuses with this code')
        .choices(GATE_CODES)
        .default([]),
    )
    .option('--no-wait', 'start the run and return at once')
    .option('--json', 'print the result as JSON', false)
    .action(async ({ pipeline, date, force, accept, wait, json }: Options) => {
      const config = readConfig();
      const input = { pipeline, date: parseBusinessDate(date), force, accept };
      await loadPipelineNamed(config.pipelines, pipeline);
      await withClient(config, async (client) => {
        if (wait) {
          const result = await runDay(client, input, progress);
          if (json) printJson(result);
          else print(describeDay(result));
        } else {
          const { workflowId } = await startDay(client, input);
          if (json) printJson({ workflowId });
          else print(`Started ${workflowId}: ${workflowUrl(config, workflowId)}`);
        }
      });
    });
}

/** A replaced day as people read it: the table, where the records went, the verdict. */
export function describeDay({
  pipeline,
  date,
  hours,
  counts,
  segments,
  version,
  sealedUntil,
  accepted,
}: DailyBatchResult): string {
  return [
    `${pipeline} ${date}`,
    table(reconciliationTable(hours)),
    `read ${counts.read} = kept ${counts.kept} + duplicates ${counts.duplicates} + quarantined ${counts.quarantined} + outside the day ${counts.outsideDay}`,
    `sealed until ${sealedUntil}; ${segments} segment(s), all of version ${version}, none realtime`,
    ...accepted.map(({ code, reason }) => `accepted ${code}: ${reason}`),
    'verdict: replaced — Druid serves exactly the batch’s rows in every hour',
  ].join('\n');
}
