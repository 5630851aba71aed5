import { setTimeout as sleep } from 'node:timers/promises';
import { speedLayerId, type SpeedLayerStatus } from '../../../../domain/speed-layer';
import { TASK_QUEUES } from '../../../../domain/task-queues';
import { findLayer } from '../../../../scripts/operate/speed/found-layer';
import { describeStart, startSpeedLayer } from '../../../../scripts/operate/speed/speed-layer';
import { leftUnchanged } from '../../../../scripts/operate/speed/unchanged-layer';
import { until, useTemporal } from '../../../workflows/environment';
import { serving } from '../serving';

const temporal = useTemporal();
const activities = {
  prepareSpeedLayer: () => Promise.resolve({ setup: 'prepared' }),
  runSpeedShard: (input: object) => sleep(1_000).then(() => ({ ...input, partitions: [], ended: 'time-over' })),
  watchSupervisor: () => sleep(3_000).then(() => ({ healthy: true, state: 'RUNNING' })),
  tellPartitions: () => sleep(1_000).then(() => []),
};

const REAL = { activities };
const STUCK = { workflows: 'stuck-workflow', activities } as const;
const handleOf = (pipeline: string) => temporal.client.workflow.getHandle(speedLayerId(pipeline));
const stateOf = async (pipeline: string): Promise<string> =>
  (await handleOf(pipeline).query<SpeedLayerStatus>('status')).state;

it('says that it started one, that one runs already, and how the one before it ended', async () => {
  const start = async (anew = false): Promise<string> =>
    describeStart(await startSpeedLayer(temporal.client, { pipeline: 'one', shards: 1, anew }), anew);
  await serving(temporal, REAL, async () => {
    expect(await start()).toBe('started');
    expect(await start()).toBe('runs already, and goes on as it is');
    const { runId } = await handleOf('one').describe();
    expect(await start(true)).toBe('ended the one that ran, and started anew');
    expect((await handleOf('one').describe()).runId).not.toBe(runId);
    await handleOf('one').terminate();
    expect(await start()).toBe('started; the one before it ended as TERMINATED');
    await until(async () => (await stateOf('one')) === 'running');
    await handleOf('one').terminate();
  });
});

it('gives what the layer before has committed to the next one, whether that one runs or has ended', async () => {
  const known = [{ topic: 'events', partition: 0, offset: 41 }];
  const given: unknown[] = [];
  const runSpeedShard = async (input: { readonly known: unknown }) => {
    given.push(input.known);
    await sleep(1_000);
    const partition = { partition: 0, offset: 41, highWatermark: 41, lag: 0, eventsPerSecond: 0 };
    const partitions = given.length === 1 ? [{ ...partition, events: 41, rows: 41, deadLetters: 0 }] : [];
    return { ...input, topic: 'events', partitions, ended: 'time-over' };
  };
  await serving(temporal, { activities: { ...activities, runSpeedShard } }, async () => {
    const start = async (anew: boolean): Promise<void> => {
      const before = given.length;
      await startSpeedLayer(temporal.client, { pipeline: 'known', shards: 1, anew });
      await until(() => given.length > before + 1);
    };
    await start(false);
    given.splice(1);
    await start(true);
    await handleOf('known').terminate();
    await start(false);
    await handleOf('known').terminate();
    expect(given).toEqual([[], ...given.slice(1).map(() => known)]);
    expect(given.length).toBeGreaterThan(4);
  });
});

it('says what a start leaves as it is: a pause, and the number of shards', async () => {
  const options = { pipeline: 'paused', shards: 1 };
  const left = (shards?: number): Promise<string[]> => leftUnchanged(temporal.client, 'paused', shards);
  await serving(temporal, REAL, async () => {
    await startSpeedLayer(temporal.client, options);
    await until(async () => (await stateOf('paused')) === 'running');
    expect([await left(), await left(1)]).toEqual([[], []]);
    expect(await left(3)).toEqual(['It has 1 shard. To change that: npx daybreak speed scale 3 --pipeline paused']);
    await handleOf('paused').signal('pause');
    await until(async () => (await stateOf('paused')) === 'paused');
    expect(await left()).toEqual(['It is paused. To go on: npx daybreak speed resume --pipeline paused']);
    await handleOf('paused').terminate();
  });
});

describe('a layer whose workflow tasks fail', () => {
  async function stuck(pipeline: string): Promise<void> {
    await temporal.client.workflow.start('speedLayer', {
      taskQueue: TASK_QUEUES.speed,
      workflowId: speedLayerId(pipeline),
      args: [{ pipeline }],
    });
    await until(async () => (await findLayer(temporal.client, pipeline)).is === 'stuck');
  }

  it('is named with the reason and the command that helps, which starts it anew', async () => {
    const options = { pipeline: 'two', shards: 1 };
    await serving(temporal, STUCK, async () => {
      await stuck('two');
      await expect(startSpeedLayer(temporal.client, options)).rejects.toMatchObject({
        code: 'ALREADY_RUNNING',
        what: expect.stringContaining('a fault of an earlier version') as string,
        remedy: expect.stringContaining('npx daybreak speed start --pipeline two --anew') as string,
      });
    });
    await serving(temporal, REAL, async () => {
      const found = await startSpeedLayer(temporal.client, { ...options, anew: true });
      expect(describeStart(found, true)).toMatch(/^ended the one (that ran|whose tasks failed .*), and started anew$/);
      await until(async () => (await stateOf('two')) === 'running');
      await handleOf('two').terminate();
    });
  });

  it('comes right by itself with a worker of a version without the fault', async () => {
    await serving(temporal, STUCK, () => stuck('three'));
    await serving(temporal, REAL, async () => {
      const found = await startSpeedLayer(temporal.client, { pipeline: 'three', shards: 1 });
      expect(found.is).toBe('running');
      await until(async () => (await stateOf('three')) === 'running');
      await handleOf('three').terminate();
    });
  });
});
