import { Command } from 'commander';
import type { ApplyOptions, ScheduleOptions, TriggerOptions } from '../actions/schedule';
import { dayOption } from '../day-option';
import { pipelineOption } from '../pipeline-option';

/**
 * All but `apply` need no pipeline folder: the schedules of a pipeline that is gone or broken can still be seen, paused
 * and deleted.
 */
export function scheduleCommand(): Command {
  return new Command('schedule')
    .description(
      'manage the nightly recompute, the hourly check for late data and the deadline, which are Temporal Schedules',
    )
    .addCommand(
      subcommand('apply', 'create the schedules, or change them to what the pipeline says, and show what changes')
        .addOption(dayOption('--from', FROM))
        .option('--dry-run', 'only show what would change', false)
        .action(async (options: ApplyOptions) => (await import('../actions/schedule')).apply(options)),
    )
    .addCommand(
      subcommand('pause', 'start no more runs until resume').action(async (options: ScheduleOptions) =>
        (await import('../actions/schedule')).pause(options),
      ),
    )
    .addCommand(
      subcommand('resume', 'start runs again after a pause').action(async (options: ScheduleOptions) =>
        (await import('../actions/schedule')).resume(options),
      ),
    )
    .addCommand(
      subcommand('trigger', 'run the nightly recompute of yesterday now')
        .option('--late-data', 'check for late data instead', false)
        .action(async (options: TriggerOptions) => (await import('../actions/schedule')).trigger(options)),
    )
    .addCommand(
      subcommand('describe', 'show when the schedules run next, and when they ran').action(
        async (options: ScheduleOptions) => (await import('../actions/schedule')).describe(options),
      ),
    )
    .addCommand(
      subcommand('delete', 'delete the schedules. Runs that they have started go on').action(
        async (options: ScheduleOptions) => (await import('../actions/schedule')).remove(options),
      ),
    );
}

const FROM =
  'the first day that the nights recompute, YYYY-MM-DD (default: as it is; of a new schedule the first day whose files begin with its first hour)';

function subcommand(name: string, description: string): Command {
  return new Command(name).description(description).addOption(pipelineOption()).option('--json', 'print JSON', false);
}
