import { Context } from '@temporalio/activity';
import type { WorkflowHandle } from '@temporalio/client';
import type { PartitionProgress } from '../../../../domain/speed-shard';
import { speedLayerId } from '../../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { findLayer } from '../../../../scripts/operate/speed/found-layer';
import { EndedLayer, speedView } from '../../../../scripts/operate/speed/speed-status';
import { describeSpeed } from '../../../../scripts/output/describe/describe-speed';
import { until, useTemporal } from '../../../workflows/environment';
import { serving } from '../serving';

const temporal = useTemporal();
const started: WorkflowHandle[] = [];
afterEach(async () => {
  jest.restoreAllMocks();
  // All layers have one task queue: one that is left takes the slots of the next test's worker.
  await Promise.all(started.splice(0).map((handle) => handle.terminate().catch(() => undefined)));
});

const start = async (pipeline: string, shards = 1): Promise<WorkflowHandle> => {
  const handle = await temporal.client.workflow.start('speedLayer', {
    taskQueue: TASK_QUEUES.speed,
    workflowId: speedLayerId(pipeline),
    args: [{ pipeline, shards }],
  });
  started.push(handle);
  return handle;
};

/** Its shard reads until its worker dies, and does not notice that. */
const activities = {
  prepareSpeedLayer: () => Promise.resolve({ setup: 'prepared' }),
  runSpeedShard: async () => {
    Context.current().heartbeat({ shard: 0, partitions: [{ ...PARTITION, trouble: 'it stands still' }] });
    await Context.current().cancelled;
  },
  watchSupervisor: () => Context.current().cancelled,
  tellPartitions: () => Context.current().cancelled,
};
const PARTITION: PartitionProgress = {
  partition: 0,
  offset: 41,
  highWatermark: 45,
  lag: 4,
  eventsPerSecond: 300,
  events: 41,
  rows: 41,
  deadLetters: 0,
};

it('says of a layer for which there was never a worker which one to start', async () => {
  await start('unserved');
  const view = await speedView(temporal.client, 'unserved');
  expect(view).toMatchObject({ state: 'unknown', partitions: [], troubles: [] });
  const [state, remedy, ...others] = describeSpeed(view, undefined, { version: '0123456789ab' });
  expect(state).toBe('! speed layer of unserved: not known, no worker serves task queue daybreak-speed');
  expect(remedy).toBe('→ Start one: npx daybreak worker --role speed');
  expect(others).toEqual(['batch: builds with version 0123456789ab']);
});

it('shows of a layer whose worker is dead what its shards told last, and when, and nothing that they do now', async () => {
  await start('orphaned');
  await serving(temporal, { activities }, () =>
    until(async () => (await speedView(temporal.client, 'orphaned')).partitions.length > 0),
  );
  const view = await speedView(temporal.client, 'orphaned');
  const partition = { ...PARTITION, eventsPerSecond: 0, trouble: 'it stands still' };
  expect(view).toMatchObject({ state: 'unknown', partitions: [partition] });
  const shown = describeSpeed(view, undefined, { version: '0123456789ab' });
  expect(shown[0]).toMatch(/^! speed layer of orphaned: not known, no worker answered for the layer within 15 s/);
  expect(shown).toContain(`partitions, as they were last known, at ${view.toldAt ?? 'never'}:`);
});

it('shows how many rows each check found wrong', async () => {
  const checks = { since: '2026-11-21T07:00:00.000Z', wrong: { uid: 2, amount: 0 } };
  const runSpeedShard = async () => {
    Context.current().heartbeat({ shard: 0, partitions: [{ ...PARTITION, checks }] });
    await Context.current().cancelled;
  };
  await start('checked');
  await serving(temporal, { activities: { ...activities, runSpeedShard } }, () =>
    until(async () => (await speedView(temporal.client, 'checked')).partitions.length > 0),
  );
  const view = await speedView(temporal.client, 'checked');
  expect(view.checks).toEqual(checks);
  expect(describeSpeed(view, undefined, { version: '0123456789ab' })).toContain(
    'checks: rows that are wrong, since the shards began at 2026-11-21T07:00:00.000Z: uid 2, amount 0',
  );
});

it('names shards that no worker has a slot for, and what helps', async () => {
  await start('crowded', 4);
  // The watch and the poll take two slots.
  await serving(temporal, { activities, slots: 3 }, async () => {
    await until(async () => (await speedView(temporal.client, 'crowded')).partitions.length > 0);
    const now = Date.now.bind(Date);
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 20_000);
    const { troubles } = await speedView(temporal.client, 'crowded');
    jest.restoreAllMocks();
    expect(troubles).toEqual([
      expect.stringMatching(
        /^3 shards wait for a free slot of a worker, since 20.*Z: .* Start another worker .* DAYBREAK_SPEED_SLOTS/,
      ),
    ]);
    // One that was just started gets its slot in a moment.
    expect((await speedView(temporal.client, 'crowded')).troubles).toEqual([]);
  });
});

it('says of a layer whose workflow is stuck since when and why, and what helps', async () => {
  await start('stuck');
  await serving(temporal, { workflows: 'stuck-workflow', activities }, async () => {
    await until(async () => (await findLayer(temporal.client, 'stuck')).is === 'stuck');
    expect((await speedView(temporal.client, 'stuck')).unanswered).toEqual({
      what: expect.stringMatching(
        /^the tasks of its workflow have failed since .*: a fault of an earlier version$/,
      ) as string,
      remedy: expect.stringContaining('npx daybreak speed start --pipeline stuck --anew') as string,
    });
  });
});

it('shows a layer that failed with its reason and what to do, and not as running', async () => {
  const handle = await start('failed');
  await serving(temporal, { workflows: 'failing-workflow', activities }, () =>
    expect(handle.result()).rejects.toThrow(),
  );
  await expect(speedView(temporal.client, 'failed')).rejects.toBeInstanceOf(EndedLayer);
  await expect(speedView(temporal.client, 'failed')).rejects.toMatchObject({
    code: 'NOT_RUNNING',
    what: 'the speed layer of failed has failed: BAD_TABLE: a table is cut. Write it again',
    remedy: 'Correct the cause, then start the layer: npx daybreak speed start --pipeline failed',
  });
});

it('nor one that somebody terminated', async () => {
  await (await start('ended')).terminate();
  await expect(speedView(temporal.client, 'ended')).rejects.toBeInstanceOf(EndedLayer);
  await expect(speedView(temporal.client, 'ended')).rejects.toMatchObject({
    code: 'NOT_RUNNING',
    what: 'the speed layer of ended does not run (terminated)',
  });
});
