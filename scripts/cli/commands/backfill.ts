import { Command, Option } from 'commander';
import { BACKFILL_SELECTIONS } from '../../../domain/backfill';
import type { BackfillOptions } from '../actions/backfill';
import { dayOption } from '../day-option';
import { pipelineOption } from '../pipeline-option';
import { wholeNumberFrom } from '../whole-number';

export function backfillCommand(): Command {
  return new Command('backfill')
    .description(
      'recompute days of a range, by default those that were never replaced. Exits with 1 if a day failed: --only failed runs those again',
    )
    .addOption(dayOption('--from', 'the first local day, YYYY-MM-DD').makeOptionMandatory())
    .addOption(dayOption('--to', 'the last local day, which is included').makeOptionMandatory())
    .addOption(pipelineOption())
    .option('--parallel <n>', 'how many days run at once', wholeNumberFrom(1, 100), 2)
    .addOption(
      new Option(
        '--only <days>',
        'days that were never replaced, whose last run failed, whose files or pipeline changed, or all days',
      )
        .choices(BACKFILL_SELECTIONS)
        .default('missing'),
    )
    .option(
      '--dry-run',
      'only list the days that would run, with those that have no files or would wait for them',
      false,
    )
    .addOption(new Option('--watch', 'show each day as it ends').default(false).conflicts(['wait', 'dryRun', 'cancel']))
    .option('--no-wait', 'start it and return at once')
    .addOption(
      new Option('--cancel', 'cancel the running backfill of this range, with its running days')
        .default(false)
        .conflicts('dryRun'),
    )
    .option('--json', 'print JSON', false)
    .action(async (options: BackfillOptions) => (await import('../actions/backfill')).run(options));
}
