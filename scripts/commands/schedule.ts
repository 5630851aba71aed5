import type { Client } from '@temporalio/client';
import { TZDate } from '@date-fns/tz';
import { Command } from 'commander';
import { format } from 'date-fns';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import type { Pipeline } from '../../domain/pipeline';
import { readConfig } from '../../worker/config';
import { withClient } from '../../worker/connect';
import { print, printJson } from '../output/print';
import { applySchedule, scheduleId, withSchedule } from '../schedule';

interface Options {
  readonly pipeline: string;
  readonly json: boolean;
}

type Action = (client: Client, pipeline: Pipeline) => Promise<object>;

export function scheduleCommand(): Command {
  const group = new Command('schedule').description('the nightly recompute as a Temporal Schedule');
  const add = (name: string, description: string, action: Action): void => {
    group.addCommand(
      new Command(name)
        .description(description)
        .option('--pipeline <name>', 'name of the pipeline', 'events')
        .option('--json', 'print JSON', false)
        .action(async (options: Options) => {
          await act(options, action);
        }),
    );
  };

  add('apply', 'create the schedule, or bring it to what the pipeline says', async (client, pipeline) => ({
    schedule: scheduleId(pipeline.name),
    done: await applySchedule(client, pipeline),
    ...(await describe(client, pipeline)),
  }));
  add('pause', 'start no more nightly runs', async (client, { name }) => {
    await withSchedule(client, name, (handle) => handle.pause('paused by daybreak schedule pause'));
    return { schedule: scheduleId(name), done: 'paused' };
  });
  add('resume', 'start nightly runs again', async (client, { name }) => {
    await withSchedule(client, name, (handle) => handle.unpause('resumed by daybreak schedule resume'));
    return { schedule: scheduleId(name), done: 'resumed' };
  });
  add('trigger', 'run the nightly recompute of yesterday now', async (client, { name }) => {
    await withSchedule(client, name, (handle) => handle.trigger());
    return { schedule: scheduleId(name), done: 'triggered' };
  });
  add('describe', 'show when it runs next and what it ran', async (client, pipeline) => ({
    schedule: scheduleId(pipeline.name),
    ...(await describe(client, pipeline)),
  }));
  return group;
}

async function act({ pipeline: name, json }: Options, action: Action): Promise<void> {
  const config = readConfig();
  const { pipeline } = await loadPipelineNamed(config.pipelines, name);
  const done = await withClient(config, (client) => action(client, pipeline));
  if (json) printJson(done);
  else {
    for (const [key, value] of Object.entries(done)) {
      print(`${key}: ${Array.isArray(value) ? value.join(', ') : String(value)}`);
    }
  }
}

async function describe(client: Client, { name, timeZone }: Pipeline): Promise<object> {
  const { state, info } = await withSchedule(client, name, (handle) => handle.describe());
  const local = (instant: Date): string => format(new TZDate(instant.getTime(), timeZone), 'yyyy-MM-dd HH:mm XXX');
  return {
    state: state.paused ? `paused (${state.note ?? ''})` : 'running',
    next: info.nextActionTimes.slice(0, 3).map(local),
    recent: info.recentActions.map(({ scheduledAt }) => local(scheduledAt)),
  };
}
