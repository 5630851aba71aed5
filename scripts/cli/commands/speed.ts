import type { Client } from '@temporalio/client';
import { Command, InvalidArgumentError } from 'commander';
import { lookAtCompaction } from '../../../activities/druid/compaction-look';
import { createDruidClient } from '../../../clients/druid';
import { DaybreakError } from '../../../domain/errors';
import { parsePipelineName } from '../../../domain/pipeline';
import { MAXIMUM_SHARDS } from '../../../domain/speed-shard';
import { speedLayerId } from '../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../domain/task-queues';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { pauseSignal, resumeSignal, scaleUpdate } from '../../../workflows/speed-layer';
import { hasWorker, requireWorker } from '../../operate/follow';
import { lookAtIngestion } from '../../operate/speed/ingestion';
import { jsonOf, print, printJson, progress } from '../../output/print';
import { warnOfUncompared } from '../../output/uncompared';
import { readPipelineFolder } from '../../operate/pipeline-folder';
import type { Line } from '../../output/safe-text';
import { watching } from '../../output/watching';
import { describeStart, startSpeedLayer, stopSpeedLayer, withSpeedLayer } from '../../operate/speed/speed-layer';
import { describeSpeed, speedView } from '../../operate/speed/speed-status';

interface Options {
  readonly pipeline: string;
  readonly json: boolean;
}

/** Only `start` and `status` need the pipeline's folder: what is gone or broken can still be held and stopped. */
export function speedCommand(): Command {
  const group = new Command('speed').description('run the realtime layer: events → transform → Kafka → Druid');
  group.addCommand(
    subcommand('start', 'start the layer. If it runs already, it goes on')
      .option('--shards <n>', 'how many activities share the partitions', shardCount, 1)
      .option(
        '--anew',
        'end a layer that runs and start another one, for example if its workflow is stuck. No event is lost or doubled',
        false,
      )
      .action(async ({ pipeline, json, shards, anew }: Options & { shards: number; anew: boolean }) => {
        const loaded = await loadPipelineNamed(readConfig().pipelines, pipeline);
        warnOfUncompared(await refuseConflicts(loaded));
        await warnOfCompaction(loaded);
        await within(pipeline, async (client) => {
          const found = await startSpeedLayer(client, { pipeline, shards, anew });
          show(json, { workflowId: speedLayerId(pipeline), done: describeStart(found, anew) });
        });
      }),
  );
  for (const [name, signal, description] of [
    ['pause', pauseSignal, 'commit the work that was begun, then stop until resume'],
    ['resume', resumeSignal, 'go on after a pause'],
  ] as const) {
    group.addCommand(
      subcommand(name, description).action(async ({ pipeline, json }: Options) => {
        await within(pipeline, async (client) => {
          await withSpeedLayer(client, pipeline, (handle) => handle.signal(signal));
          show(json, { workflowId: speedLayerId(pipeline), done: `${name} signalled` });
          if (await hasWorker(client, TASK_QUEUES.speed)) return;
          progress(
            'No worker serves the speed layer now. The layer gets the signal when you start one: npx daybreak worker --role speed',
          );
        });
      }),
    );
  }
  group.addCommand(
    subcommand('stop', 'commit the work that was begun, then end the layer. Topics and Druid’s supervisor stay')
      .option('--now', 'end the layer at once, for example if there is no worker left', false)
      .action(async ({ pipeline, json, now }: Options & { now: boolean }) => {
        await within(pipeline, async (client) => {
          await stopSpeedLayer(client, pipeline, { now, show: progress });
          show(json, { workflowId: speedLayerId(pipeline), done: 'stopped' });
          if (json) return;
          print(
            'Its topics and Druid’s supervisor are still there. docs/operating.md, “Retiring a pipeline”, says how to remove them.',
          );
        });
      }),
  );
  group.addCommand(
    subcommand('scale', 'change the number of activities that share the partitions')
      .argument('<shards>', 'the new number', shardCount)
      .action(async (shards: number, { pipeline, json }: Options) => {
        await within(pipeline, async (client) => {
          // Without one it would wait for ever.
          await requireWorker(client, TASK_QUEUES.speed);
          await withSpeedLayer(client, pipeline, (handle) => handle.executeUpdate(scaleUpdate, { args: [shards] }));
          show(json, { workflowId: speedLayerId(pipeline), done: `${shards} shards` });
        });
      }),
  );
  group.addCommand(
    subcommand('status', 'show offset, lag, rate and dead letters of each partition, and the supervisor’s health')
      .option('--watch', 'show it again every two seconds', false)
      .action(async ({ pipeline, json, watch }: Options & { watch: boolean }) => {
        const config = readConfig();
        await within(pipeline, async (client) => {
          const look = async (): Promise<readonly Line[]> => {
            const { settings, state } = await readPipelineFolder(config, pipeline);
            const view = await speedView(client, pipeline);
            process.exitCode = view.unanswered === undefined ? 0 : 1;
            const ingestion = settings && (await lookAtIngestion(config, settings));
            return json ? [jsonOf({ ...view, folder: state, ingestion })] : describeSpeed(view, ingestion, state);
          };
          await watching(look, { again: watch });
        });
      }),
  );
  return group;
}

/** Shards need no Druid: the layer starts whatever this finds, and the gate asks again. */
async function warnOfCompaction(loaded: LoadedPipeline): Promise<void> {
  try {
    const { conflicts, warnings } = await lookAtCompaction(createDruidClient(readConfig().druid), loaded);
    for (const found of [...conflicts, ...warnings]) progress(`Druid's compaction: ${found}`);
    if (conflicts.length > 0)
      progress('Until you change this, the gate refuses every day with COMPACTION_CONFLICT: see docs/operating.md.');
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || !thrown.code.startsWith('DRUID_')) throw thrown;
    progress(`Druid's compaction was not checked: ${thrown.what}`);
  }
}

function subcommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--json', 'print JSON', false);
}

async function within(pipeline: string, act: (client: Client) => Promise<void>): Promise<void> {
  parsePipelineName(pipeline);
  await withClient(readConfig(), act);
}

function show(json: boolean, done: { readonly workflowId: string; readonly done: string }): void {
  if (json) printJson(done);
  else print(`${done.workflowId}: ${done.done}`);
}

function shardCount(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > MAXIMUM_SHARDS)
    throw new InvalidArgumentError(`Give a number from 1 to ${MAXIMUM_SHARDS}.`);
  return value;
}
