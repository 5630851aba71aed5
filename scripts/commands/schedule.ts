import type { Client, ScheduleHandle } from '@temporalio/client';
import { TZDate } from '@date-fns/tz';
import { Command } from 'commander';
import { format } from 'date-fns';
import type { Pipeline } from '../../domain/pipeline';
import { refuseConflicts } from '../../engines/neighbour-pipelines';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { readConfig } from '../../worker/config';
import { withClient } from '../../worker/connect';
import { print, printJson } from '../output/print';
import { warnOfUncompared } from '../output/uncompared';
import { applySchedules, lateDataScheduleId, scheduleId, withSchedule, type AppliedSchedule } from '../schedule';

interface Options {
  readonly pipeline: string;
  readonly json: boolean;
}

export function scheduleCommand(): Command {
  return new Command('schedule')
    .description('the nightly recompute and the hourly look for late data, as Temporal Schedules')
    .addCommand(
      subcommand('apply', 'create both schedules, or bring them to what the pipeline says, and show what changes')
        .option('--dry-run', 'only show what would change', false)
        .action(async ({ dryRun, ...options }: Options & { dryRun: boolean }) => {
          warnOfUncompared(await refuseConflicts(await loadPipelineNamed(readConfig().pipelines, options.pipeline)));
          await within(options, async (client, pipeline) => {
            const applied = await applySchedules(client, pipeline, dryRun);
            const next = dryRun ? [] : await Promise.all(idsOf(pipeline).map((id) => describe(client, pipeline, id)));
            if (options.json) printJson({ dryRun, applied, schedules: next });
            else {
              for (const one of applied) describeApplied(one, dryRun).forEach(print);
              next.forEach(printFields);
            }
          });
        }),
    )
    .addCommand(
      forEach('pause', 'start no more runs, until resume', 'paused', (handle) =>
        handle.pause('paused by daybreak schedule pause'),
      ),
    )
    .addCommand(
      forEach('resume', 'start runs again', 'resumed', (handle) =>
        handle.unpause('resumed by daybreak schedule resume'),
      ),
    )
    .addCommand(
      subcommand('trigger', 'run the nightly recompute of yesterday now')
        .option('--late-data', 'look for late data instead', false)
        .action(async ({ lateData, ...options }: Options & { lateData: boolean }) => {
          await within(options, async (client, { name }) => {
            const id = lateData ? lateDataScheduleId(name) : scheduleId(name);
            await withSchedule(client, { id, pipeline: name }, (handle) => handle.trigger());
            tell(options, [{ schedule: id, done: 'triggered' }]);
          });
        }),
    )
    .addCommand(
      subcommand('describe', 'show when they run next and what they ran').action(async (options: Options) => {
        await within(options, async (client, pipeline) => {
          tell(options, await Promise.all(idsOf(pipeline).map((id) => describe(client, pipeline, id))));
        });
      }),
    );
}

function subcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--json', 'print JSON', false);
}

/** A command that does the same to both schedules. */
function forEach(
  name: string,
  description: string,
  done: string,
  act: (handle: ScheduleHandle) => Promise<void>,
): Command {
  return subcommand(name, description).action(async (options: Options) => {
    await within(options, async (client, pipeline) => {
      for (const id of idsOf(pipeline)) await withSchedule(client, { id, pipeline: pipeline.name }, act);
      tell(
        options,
        idsOf(pipeline).map((schedule) => ({ schedule, done })),
      );
    });
  });
}

function idsOf({ name }: Pipeline): string[] {
  return [scheduleId(name), lateDataScheduleId(name)];
}

async function within({ pipeline: name }: Options, act: (client: Client, pipeline: Pipeline) => Promise<void>) {
  const config = readConfig();
  const { pipeline } = await loadPipelineNamed(config.pipelines, name);
  await withClient(config, (client) => act(client, pipeline));
}

async function describe(client: Client, { name, timeZone }: Pipeline, id: string): Promise<object> {
  const { state, info } = await withSchedule(client, { id, pipeline: name }, (handle) => handle.describe());
  const local = (instant: Date): string => format(new TZDate(instant.getTime(), timeZone), 'yyyy-MM-dd HH:mm XXX');
  return {
    schedule: id,
    state: state.paused ? `paused (${state.note ?? ''})` : 'running',
    next: info.nextActionTimes.slice(0, 3).map(local),
    recent: info.recentActions.map(({ scheduledAt }) => local(scheduledAt)),
  };
}

function describeApplied({ schedule, done, changes }: AppliedSchedule, dryRun: boolean): string[] {
  return [
    dryRun && done !== 'unchanged' ? `${schedule}: would be ${done}` : `${schedule}: ${done}`,
    ...changes.map(({ setting, from, to }) => `  ${setting}: ${from === undefined ? '' : `${from} → `}${to}`),
  ];
}

function tell({ json }: Options, told: readonly object[]): void {
  if (json) printJson(told);
  else told.forEach(printFields);
}

function printFields(fields: object): void {
  for (const [key, value] of Object.entries(fields)) {
    print(`${key}: ${Array.isArray(value) ? value.join(', ') : String(value)}`);
  }
}
