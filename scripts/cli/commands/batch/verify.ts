import { Command, Option } from 'commander';
import { parseBusinessDate, type BusinessDate } from '../../../../domain/business-date';
import { readConfig } from '../../../../worker/config';
import { print, printJson } from '../../../output/print';
import type { Line } from '../../../output/safe-text';
import { table } from '../../../output/table';
import { verifyDay, type VerifiedDay } from '../../../operate/verify-day';

interface Options {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly json: boolean;
}

export function batchVerifyCommand(): Command {
  return new Command('verify')
    .description('prove that Druid serves exactly the published rows of a day. Needs neither Temporal nor a worker')
    .addOption(
      new Option('--date <day>', 'the local day, YYYY-MM-DD').argParser(parseBusinessDate).makeOptionMandatory(),
    )
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--json', 'print the proof as JSON', false)
    .action(async ({ pipeline, date, json }: Options) => {
      const verified = await verifyDay(readConfig(), pipeline, date);
      if (json) printJson(verified);
      else describe(verified).forEach(print);
    });
}

function describe({ pipeline, date, datasource, version, segments, hours }: VerifiedDay): Line[] {
  return [
    table([
      ['hour', 'batch', 'Druid', 'checksum of both'],
      ...hours.map(({ hour, batchRows, druidRows, druidChecksum }) => [
        hour,
        batchRows.toLocaleString('en-US'),
        druidRows.toLocaleString('en-US'),
        druidChecksum,
      ]),
    ]),
    `proven: ${datasource} serves exactly the published rows of ${pipeline} ${date} in every hour, from ${segments} segment(s), the latest of version ${version}`,
  ];
}
