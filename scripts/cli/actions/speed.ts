import type { Client } from '@temporalio/client';
import { pollCompaction } from '../../../activities/druid/compaction-poll';
import { createDruidClient } from '../../../clients/druid';
import { counted } from '../../../domain/counted';
import { DaybreakError, messageOf } from '../../../domain/errors';
import { parsePipelineName } from '../../../domain/pipeline';
import { speedLayerId } from '../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../domain/task-queues';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { refuseConflicts } from '../../../engines/pipeline/neighbour-pipelines';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { pauseSignal } from '../../../workflows/speed-layer';
import { hasWorker } from '../../operate/follow';
import { readPipelineFolder } from '../../operate/pipeline-folder';
import { pollIngestion } from '../../operate/speed/ingestion';
import { describeStart, startSpeedLayer, stopSpeedLayer, withSpeedLayer } from '../../operate/speed/speed-layer';
import { pauseSpeedLayer, resumeSpeedLayer } from '../../operate/speed/pause-layer';
import { scaleSpeedLayer } from '../../operate/speed/scale-layer';
import { speedView } from '../../operate/speed/speed-status';
import { describeSpeed } from '../../output/describe/describe-speed';
import { leftUnchanged } from '../../operate/speed/unchanged-layer';
import { whileItGoesOn } from '../../output/going-on';
import { jsonOf, print, printJson, progress } from '../../output/print';
import type { Line } from '../../output/safe-text';
import { warnOfUncompared } from '../../output/uncompared';
import { watching } from '../../output/watching';

export interface SpeedOptions {
  readonly pipeline: string;
  readonly json: boolean;
}

export interface StartOptions extends SpeedOptions {
  /** Undefined if it is not given. */
  readonly shards?: number;
  readonly anew: boolean;
}

export interface PauseOptions extends SpeedOptions {
  readonly wait: boolean;
}

export interface StopOptions extends SpeedOptions {
  readonly now: boolean;
}

export interface WatchOptions extends SpeedOptions {
  readonly watch: boolean;
}

export async function start({ pipeline, json, shards, anew }: StartOptions): Promise<void> {
  const loaded = await loadPipelineNamed(readConfig().pipelines, pipeline);
  warnOfUncompared(await refuseConflicts(loaded));
  await warnOfCompaction(loaded);
  await within(pipeline, async (client) => {
    const found = await startSpeedLayer(client, { pipeline, shards: shards ?? 1, anew });
    show(json, { workflowId: speedLayerId(pipeline), done: describeStart(found, anew) });
    if (found.is === 'running' && !anew) await tellUnchanged(client, pipeline, shards);
  });
}

/** The start has succeeded, whatever this finds. */
async function tellUnchanged(client: Client, pipeline: string, shards: number | undefined): Promise<void> {
  try {
    (await leftUnchanged(client, pipeline, shards)).forEach(progress);
  } catch (thrown) {
    progress(`How the layer is was not found out: ${messageOf(thrown)}`);
  }
}

export async function pause({ pipeline, json, wait }: PauseOptions): Promise<void> {
  await within(pipeline, async (client) => {
    const how = `See how far it is: npx daybreak speed status --pipeline ${pipeline}`;
    const isPaused = wait
      ? await whileItGoesOn(how, () => pauseSpeedLayer(client, pipeline, progress))
      : await withSpeedLayer(client, pipeline, (handle) => handle.signal(pauseSignal)).then(() => false);
    show(json, { workflowId: speedLayerId(pipeline), done: isPaused ? 'paused' : 'pause signalled' });
    await warnWithoutWorker(client);
  });
}

export async function resume({ pipeline, json }: SpeedOptions): Promise<void> {
  await within(pipeline, async (client) => {
    await resumeSpeedLayer(client, pipeline);
    show(json, { workflowId: speedLayerId(pipeline), done: 'resume signalled' });
    await warnWithoutWorker(client);
  });
}

async function warnWithoutWorker(client: Client): Promise<void> {
  if (await hasWorker(client, TASK_QUEUES.speed)) return;
  progress(
    'No worker serves the speed layer now. The layer gets the signal when you start one: npx daybreak worker --role speed',
  );
}

export async function stop({ pipeline, json, now }: StopOptions): Promise<void> {
  await within(pipeline, async (client) => {
    const look = `See how far it is: npx daybreak speed status --pipeline ${pipeline}`;
    const how = `${look}. End the layer at once: npx daybreak speed stop --pipeline ${pipeline} --now`;
    await whileItGoesOn(how, () => stopSpeedLayer(client, pipeline, { now, show: progress }));
    show(json, { workflowId: speedLayerId(pipeline), done: 'stopped' });
    if (json) return;
    print('Its topics and Druid’s supervisor are still there. docs/retire-a-pipeline.md says how to remove them.');
  });
}

export async function scale(shards: number, { pipeline, json }: SpeedOptions): Promise<void> {
  await within(pipeline, async (client) => {
    await scaleSpeedLayer(client, pipeline, shards, progress);
    show(json, { workflowId: speedLayerId(pipeline), done: counted(shards, 'shard') });
  });
}

export async function status({ pipeline, json, watch }: WatchOptions): Promise<void> {
  const config = readConfig();
  await within(pipeline, async (client) => {
    const poll = async (): Promise<readonly Line[]> => {
      const { settings, state } = await readPipelineFolder(config, pipeline);
      const view = await speedView(client, pipeline);
      process.exitCode = view.unanswered === undefined ? 0 : 1;
      const ingestion = settings && (await pollIngestion(config, settings));
      return json ? [jsonOf({ ...view, folder: state, ingestion })] : describeSpeed(view, ingestion, state);
    };
    await watching(poll, { again: watch });
  });
}

/** Shards need no Druid: the layer starts whatever this finds, and the gate checks it again. */
async function warnOfCompaction(loaded: LoadedPipeline): Promise<void> {
  try {
    const { conflicts, warnings } = await pollCompaction(createDruidClient(readConfig().druid), loaded);
    for (const found of [...conflicts, ...warnings]) progress(`Druid's compaction: ${found}`);
    if (conflicts.length > 0)
      progress('Until you change this, the gate refuses every day with COMPACTION_CONFLICT: see docs/operating.md.');
  } catch (thrown) {
    if (!(thrown instanceof DaybreakError) || !thrown.code.startsWith('DRUID_')) throw thrown;
    progress(`Druid's compaction was not checked: ${thrown.what}`);
  }
}

async function within(pipeline: string, act: (client: Client) => Promise<void>): Promise<void> {
  parsePipelineName(pipeline);
  await withClient(readConfig(), act);
}

function show(json: boolean, done: { readonly workflowId: string; readonly done: string }): void {
  if (json) printJson(done);
  else print(`${done.workflowId}: ${done.done}`);
}
