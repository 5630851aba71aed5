import { speedLayerId } from '../../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { stopSpeedLayer } from '../../../../scripts/operate/speed/speed-layer';
import { useTemporal } from '../../../workflows/environment';

// A Temporal that never had a worker.
const temporal = useTemporal();
const shown: string[] = [];
const show = (line: string): void => {
  shown.push(line);
};

it('says how to end a speed layer for which no worker is left, and ends it at once where that is wanted', async () => {
  const { client } = temporal;
  const handle = await client.workflow.start('speedLayer', {
    taskQueue: TASK_QUEUES.speed,
    workflowId: speedLayerId('events'),
    args: [{ pipeline: 'events' }],
  });
  await expect(stopSpeedLayer(client, 'events', { now: false, show })).rejects.toMatchObject({
    code: 'NOT_RUNNING',
    remedy: expect.stringContaining('npx daybreak speed stop --pipeline events --now') as string,
  });
  expect((await handle.describe()).status.name).toBe('RUNNING');

  await stopSpeedLayer(client, 'events', { now: true, show });
  expect((await handle.describe()).status.name).toBe('TERMINATED');
});

it('says that there is nothing to stop, and how to start it', async () => {
  for (const now of [false, true]) {
    await expect(stopSpeedLayer(temporal.client, 'nobody', { now, show })).rejects.toMatchObject({
      code: 'NOT_RUNNING',
      remedy: 'There is nothing to stop. To start the layer: npx daybreak speed start --pipeline nobody',
    });
  }
});
