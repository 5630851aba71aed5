import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import axios from 'axios';
import { ScheduleNotFoundError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import { DaybreakError } from '../../../domain/errors';
import { speedLayerId } from '../../../domain/speed-layer';
import { scheduleIds } from '../../../scripts/operate/schedule/schedules';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { endAll } from './end-all';

export interface OwnPipeline {
  readonly name: string;
  /** The topic, whose name the datasource also has. The output topic has the suffix _out. */
  readonly topic: string;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly input: string;
  readonly output: string;
  /** Ends its speed layer, its schedules and its supervisor, if there are any, and removes its folders. */
  remove(): Promise<void>;
}

/**
 * A copy of an example of pipelines/, by default `events`. It has a name that no other test has and a data folder of
 * its own, so that tests can share the servers. `change` edits the text of its pipeline.yaml. If `beside` is given, both have
 * the same folders, so that one worker serves both.
 */
export async function ownPipeline(
  change: (yaml: string) => string = (yaml) => yaml,
  example: 'clicks' | 'events' | 'rides' = 'events',
  beside?: OwnPipeline,
): Promise<OwnPipeline> {
  const root = beside === undefined ? await mkdtemp(join(tmpdir(), 'daybreak-test-')) : resolve(beside.folder, '../..');
  const name = beside === undefined ? `p${process.pid}-${Date.now().toString(36)}` : `${beside.name}-2`;
  const topic = name.replaceAll('-', '_');
  const folder = join(root, 'pipelines', name);
  await mkdir(join(root, 'data'), { recursive: true });
  await cp(resolve(__dirname, '../../../pipelines', example), folder, { recursive: true });
  const yaml = (await readFile(join(folder, 'pipeline.yaml'), 'utf8'))
    .replace(/^name: .*$/m, `name: ${name}`)
    .replace(/^( +)topic: .*$/m, `$1topic: ${topic}`)
    .replace(/^( +)outputTopic: .*$/m, `$1outputTopic: ${topic}_out`)
    .replace(/^( +)datasource: .*$/m, `$1datasource: ${topic}`);
  await writeFile(join(folder, 'pipeline.yaml'), change(yaml));
  return {
    name,
    topic,
    folder,
    environment: { DAYBREAK_PIPELINES: join(root, 'pipelines'), DAYBREAK_DATA: join(root, 'data') },
    input: join(root, 'data', name, 'input'),
    output: join(root, 'data', name, 'output'),
    remove: () =>
      endAll(
        () => endInTemporal(name),
        () => terminateSupervisor(topic),
        () => rm(root, { recursive: true, force: true }),
      ),
  };
}

/**
 * Without a worker, a speed layer would stay on the shared stack, and every later worker would get its shards.
 * Schedules would start days that a later worker takes for its own.
 */
async function endInTemporal(pipeline: string): Promise<void> {
  const end = (client: Client): Promise<void> =>
    endAll(
      ...scheduleIds(pipeline).map(
        (id) => () => client.schedule.getHandle(id).delete().catch(ignoring(ScheduleNotFoundError)),
      ),
      () =>
        client.workflow
          .getHandle(speedLayerId(pipeline))
          .terminate('the test is over')
          .catch(ignoring(WorkflowNotFoundError)),
    );
  await withClient(readConfig(), end).catch((thrown: unknown) => {
    // If the server has ended, everything on it has ended too.
    if (!(thrown instanceof DaybreakError) || thrown.code !== 'TEMPORAL_UNREACHABLE') throw thrown;
  });
}

function ignoring(type: new (...args: never[]) => Error): (thrown: unknown) => void {
  return (thrown) => {
    if (!(thrown instanceof type)) throw thrown;
  };
}

/** Ends a supervisor and its tasks, if there is one. The tests share the slots of its tasks. */
export function terminateSupervisor(datasource: string): Promise<void> {
  return tellSupervisor(datasource, 'terminate');
}

export function suspendSupervisor(datasource: string): Promise<void> {
  return tellSupervisor(datasource, 'suspend');
}

async function tellSupervisor(datasource: string, what: 'terminate' | 'suspend'): Promise<void> {
  const { coordinatorUrl } = readConfig().druid;
  const url = `${coordinatorUrl}/druid/indexer/v1/supervisor/${datasource}/${what}`;
  const answer = await axios.post<unknown>(url, undefined, { validateStatus: () => true }).catch(() => undefined);
  if (answer !== undefined && answer.status !== 200 && answer.status !== 404)
    throw new Error(`Druid answered ${url} with ${answer.status}`);
}
