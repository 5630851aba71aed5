import { Command, Option } from 'commander';
import { outputFolder } from '../../../../activities/batch/built-day';
import { parseBusinessDate, type BusinessDate } from '../../../../domain/business-date';
import { hasVersions, versionToRestore } from '../../../../engines/versions/restorable-version';
import { readConfig } from '../../../../worker/config';
import { withClient } from '../../../../worker/connect';
import { describeDay } from '../../../output/describe/describe-day';
import { print, printJson, progress } from '../../../output/print';
import { followDay, requireRunnable, startDay } from '../../../operate/run-day';

interface Options {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly version: string;
  readonly json: boolean;
}

export function batchRestoreCommand(): Command {
  return new Command('restore')
    .description('have Druid serve a kept version of a day again, with the same proof. The next recompute replaces it')
    .addOption(
      new Option('--date <day>', 'the local day, YYYY-MM-DD').argParser(parseBusinessDate).makeOptionMandatory(),
    )
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--version <id>', 'the name of a kept version', 'previous')
    .option('--json', 'print the result as JSON', false)
    .action(async ({ pipeline, date, version, json }: Options) => {
      const config = readConfig();
      await requireRunnable(config, pipeline, date);
      const output = outputFolder(config.data, pipeline);
      // The run checks again, and finds the version if it is only on the worker's machine.
      if (await hasVersions(output, { pipeline, date })) await versionToRestore(output, { pipeline, date }, version);
      await withClient(config, async (client) => {
        const result = await followDay(await startDay(client, { pipeline, date, restore: version }), progress);
        if (json) printJson(result);
        else describeDay(result).forEach(print);
      });
    });
}
