import { Command, Option } from 'commander';
import { parseBusinessDate } from '../../../../domain/business-date';
import { ACCEPTABLE_GATE_CODES, type AcceptableGateCode } from '../../../../domain/gate';
import { readConfig } from '../../../../worker/config';
import { withClient } from '../../../../worker/connect';
import { describeDay } from '../../../output/describe/describe-day';
import { workflowUrl } from '../../../output/links';
import { print, printJson, progress } from '../../../output/print';
import { followDay, joinedWarning, requireRunnable, startDay } from '../../../operate/run-day';

interface Options {
  readonly pipeline: string;
  readonly date: string;
  readonly force: boolean;
  readonly accept: readonly AcceptableGateCode[];
  readonly wait: boolean;
  readonly json: boolean;
}

export function batchRunCommand(): Command {
  return new Command('run')
    .description('recompute a day and replace it in Druid, with proof')
    .requiredOption('--date <date>', 'the local day, YYYY-MM-DD')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--force', 'build every hour again, also the unchanged ones', false)
    .addOption(
      new Option('--accept <code...>', 'go on even if the gate refuses the day with this code')
        .choices(ACCEPTABLE_GATE_CODES)
        .default([]),
    )
    .option('--no-wait', 'start the run and return at once')
    .option('--json', 'print the result as JSON', false)
    .action(async ({ pipeline, date, force, accept, wait, json }: Options) => {
      const config = readConfig();
      const input = { pipeline, date: parseBusinessDate(date), force, accept };
      await requireRunnable(config, pipeline, input.date);
      await withClient(config, async (client) => {
        const started = await startDay(client, input);
        const { workflowId } = started.handle;
        if (started.joined !== undefined) progress(joinedWarning(started.joined, input));
        if (wait) {
          const result = await followDay(started, progress);
          if (json) printJson(result);
          else describeDay(result).forEach(print);
        } else if (json) {
          printJson({ workflowId, joined: started.joined !== undefined });
        } else {
          print(
            `${started.joined === undefined ? 'Started' : 'Joined'} ${workflowId}: ${workflowUrl(config, workflowId)}`,
          );
        }
      });
    });
}
