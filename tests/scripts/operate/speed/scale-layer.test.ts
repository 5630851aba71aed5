import { speedLayerId } from '../../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { findLayer } from '../../../../scripts/operate/speed/found-layer';
import { scaleSpeedLayer } from '../../../../scripts/operate/speed/scale-layer';
import { until, useTemporal } from '../../../workflows/environment';
import { serving } from '../serving';

const temporal = useTemporal();

it('says of a layer whose workflow is stuck why and what helps, and does not wait for it', async () => {
  const handle = await temporal.client.workflow.start('speedLayer', {
    taskQueue: TASK_QUEUES.speed,
    workflowId: speedLayerId('stuck'),
    args: [{ pipeline: 'stuck' }],
  });
  await serving(temporal, { workflows: 'stuck-workflow', activities: {} }, async () => {
    await until(async () => (await findLayer(temporal.client, 'stuck')).is === 'stuck');
    await expect(scaleSpeedLayer(temporal.client, 'stuck', 2, () => undefined)).rejects.toMatchObject({
      code: 'NOT_RUNNING',
      what: expect.stringMatching(/^the speed layer of stuck exists, but .*: a fault of an earlier version$/) as string,
      remedy: expect.stringContaining('npx daybreak speed start --pipeline stuck --anew') as string,
    });
  });
  await handle.terminate();
});
