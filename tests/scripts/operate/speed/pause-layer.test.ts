import { Context } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import { createSpeedActivities } from '../../../../activities/speed';
import { speedLayerId } from '../../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { runningActivities } from '../../../../scripts/operate/follow';
import { findLayer } from '../../../../scripts/operate/speed/found-layer';
import { pauseSpeedLayer, resumeSpeedLayer } from '../../../../scripts/operate/speed/pause-layer';
import { startSpeedLayer } from '../../../../scripts/operate/speed/speed-layer';
import { createLogger } from '../../../../scripts/output/log';
import { until, useTemporal } from '../../../workflows/environment';
import { serving } from '../serving';

const temporal = useTemporal();
/** Its shard needs a while to commit. */
const activities = {
  ...createSpeedActivities({ kafka: { brokers: [] }, pipelines: '', data: '', logger: createLogger('silent') }),
  prepareSpeedLayer: () => Promise.resolve({ setup: 'prepared' }),
  runSpeedShard: async (input: object) => {
    const beating = setInterval(() => {
      Context.current().heartbeat();
    }, 100);
    await Context.current().cancelled.catch(() => sleep(2_000));
    clearInterval(beating);
    return { ...input, partitions: [], ended: 'cancelled' };
  },
  watchSupervisor: () => Context.current().cancelled,
};

it('says once what a pause waits for, and nothing of what the layer leaves behind', async () => {
  const shown: string[] = [];
  const handle = temporal.client.workflow.getHandle(speedLayerId('slow'));
  const details = async (): Promise<unknown[]> => (await runningActivities(handle)).map((activity) => activity.details);
  await serving(temporal, { activities }, async () => {
    await startSpeedLayer(temporal.client, { pipeline: 'slow', shards: 1 });
    await until(async () => (await details()).includes('waiting until it is time to read it'));
    expect(await pauseSpeedLayer(temporal.client, 'slow', (line) => shown.push(line))).toBe(true);
    await handle.terminate();
  });
  expect(shown[0]).toMatch(/^pausing; still running: .*read, transform and write a share of the partitions/);
  expect(shown.filter((line) => line.includes('read the state'))).toEqual([]);
  // With the watch of the supervisor and without.
  expect(shown.length).toBeLessThanOrEqual(2);
});

it('says while no worker answers that it waits for one', async () => {
  const shown: string[] = [];
  await serving(temporal, { activities }, async () => {
    await startSpeedLayer(temporal.client, { pipeline: 'left', shards: 1 });
  });
  expect(await pauseSpeedLayer(temporal.client, 'left', (line) => shown.push(line))).toBe(false);
  await temporal.client.workflow.getHandle(speedLayerId('left')).terminate();
  expect(shown).toEqual([
    expect.stringMatching(/^waiting for a worker: none has answered for speed-layer\/left in the last 5 s\./),
  ]);
});

it.each([
  ['pause', (client: Client) => pauseSpeedLayer(client, 'stuck', () => undefined)],
  ['resume', (client: Client) => resumeSpeedLayer(client, 'stuck')],
])(
  'says of a layer whose workflow is stuck why and what helps, and leaves it the signal to %s',
  async (signal, act) => {
    const handle = await temporal.client.workflow.start('speedLayer', {
      taskQueue: TASK_QUEUES.speed,
      workflowId: speedLayerId('stuck'),
      args: [{ pipeline: 'stuck', shards: 1 }],
    });
    await serving(temporal, { workflows: 'stuck-workflow', activities }, async () => {
      await until(async () => (await findLayer(temporal.client, 'stuck')).is === 'stuck');
      await expect(act(temporal.client)).rejects.toMatchObject({
        code: 'NOT_RUNNING',
        what: expect.stringMatching(
          /^the speed layer of stuck exists, but .*: a fault of an earlier version$/,
        ) as string,
        remedy: expect.stringContaining('npx daybreak speed start --pipeline stuck --anew') as string,
      });
    });
    const { events } = await handle.fetchHistory();
    expect(events?.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName)).toContain(signal);
    await handle.terminate();
  },
);
