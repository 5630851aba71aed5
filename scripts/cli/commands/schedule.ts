import type { Client, ScheduleHandle } from '@temporalio/client';
import { TZDate } from '@date-fns/tz';
import { Command } from 'commander';
import { format } from 'date-fns';
import { nightlyScheduleId } from '../../../domain/late-data';
import { parsePipelineName } from '../../../domain/pipeline';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { print, printJson } from '../../output/print';
import { warnOfUncompared } from '../../output/uncompared';
import {
  applySchedules,
  deleteSchedules,
  lateDataScheduleId,
  scheduleIds,
  withSchedule,
  type AppliedSchedule,
} from '../../operate/schedule/schedules';
import { datedTimes } from '../../operate/schedule/schedule-settings';

interface Options {
  readonly pipeline: string;
  readonly json: boolean;
}

/** All but `apply` need no pipeline folder: what is gone or broken can still be seen, paused and deleted. */
export function scheduleCommand(): Command {
  return new Command('schedule')
    .description('manage the nightly recompute and the hourly check for late data, which are Temporal Schedules')
    .addCommand(
      subcommand('apply', 'create both schedules, or change them to what the pipeline says, and show what changes')
        .option('--dry-run', 'only show what would change', false)
        .action(async ({ dryRun, ...options }: Options & { dryRun: boolean }) => {
          const loaded = await loadPipelineNamed(readConfig().pipelines, options.pipeline);
          warnOfUncompared(await refuseConflicts(loaded));
          const { pipeline } = loaded;
          await within(options, async (client, name) => {
            const applied = await applySchedules(client, pipeline, dryRun);
            const next = dryRun ? [] : await describeAll(client, name);
            if (options.json) printJson({ dryRun, applied, schedules: next });
            else {
              for (const one of applied) describeApplied(one, dryRun).forEach(print);
              next.forEach(printFields);
            }
          });
        }),
    )
    .addCommand(
      forEach('pause', 'start no more runs until resume', 'paused', (handle) =>
        handle.pause('paused by daybreak schedule pause'),
      ),
    )
    .addCommand(
      forEach('resume', 'start runs again after a pause', 'resumed', (handle) =>
        handle.unpause('resumed by daybreak schedule resume'),
      ),
    )
    .addCommand(
      subcommand('trigger', 'run the nightly recompute of yesterday now')
        .option('--late-data', 'check for late data instead', false)
        .action(async ({ lateData, ...options }: Options & { lateData: boolean }) => {
          await within(options, async (client, name) => {
            const id = lateData ? lateDataScheduleId(name) : nightlyScheduleId(name);
            await withSchedule(client, { id, pipeline: name }, (handle) => handle.trigger());
            show(options, [{ schedule: id, done: 'triggered' }]);
          });
        }),
    )
    .addCommand(
      subcommand('describe', 'show when both schedules run next, and when they ran').action(
        async (options: Options) => {
          await within(options, async (client, name) => {
            show(options, await describeAll(client, name));
          });
        },
      ),
    )
    .addCommand(
      subcommand('delete', 'delete both schedules. Runs that they have started go on').action(
        async (options: Options) => {
          await within(options, async (client, name) => {
            show(options, await deleteSchedules(client, name));
          });
        },
      ),
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
      const ids = scheduleIds(pipeline);
      for (const id of ids) await withSchedule(client, { id, pipeline }, act);
      show(
        options,
        ids.map((schedule) => ({ schedule, done })),
      );
    });
  });
}

async function within({ pipeline }: Options, act: (client: Client, name: string) => Promise<void>): Promise<void> {
  const name = parsePipelineName(pipeline);
  await withClient(readConfig(), (client) => act(client, name));
}

/** Times in the zone of each schedule. */
async function describeAll(client: Client, pipeline: string): Promise<object[]> {
  return Promise.all(
    scheduleIds(pipeline).map(async (id) => {
      const { state, info, spec } = await withSchedule(client, { id, pipeline }, (handle) => handle.describe());
      const local = (instant: Date): string =>
        format(new TZDate(instant.getTime(), spec.timezone ?? 'UTC'), 'yyyy-MM-dd HH:mm XXX');
      const today = local(new Date()).slice(0, 10);
      const shifted = datedTimes(spec.calendars ?? []).filter((time) => time >= today);
      return {
        schedule: id,
        state: state.paused ? `paused (${state.note ?? ''})` : 'running',
        next: info.nextActionTimes.slice(0, 3).map(local),
        ...(shifted.length > 0 && { atClockChanges: shifted.slice(0, 3) }),
        recent: info.recentActions.map(({ scheduledAt }) => local(scheduledAt)),
      };
    }),
  );
}

function describeApplied({ schedule, done, changes }: AppliedSchedule, dryRun: boolean): string[] {
  return [
    dryRun && done !== 'unchanged' ? `${schedule}: would be ${done}` : `${schedule}: ${done}`,
    ...changes.map(({ setting, from, to }) => `  ${setting}: ${from === undefined ? '' : `${cut(from)} → `}${cut(to)}`),
  ];
}

const SHOWN_CHARACTERS = 100;

/** A zone's nights of the next decades make a long line. */
function cut(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}… (--json shows all)`;
}

function show({ json }: Options, rows: readonly object[]): void {
  if (json) printJson(rows);
  else rows.forEach(printFields);
}

function printFields(fields: object): void {
  for (const [key, value] of Object.entries(fields)) {
    print(`${key}: ${Array.isArray(value) ? value.join(', ') : String(value)}`);
  }
}
