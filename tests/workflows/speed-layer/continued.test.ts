import { CancelledFailure } from '@temporalio/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { speedLayerId } from '../../../domain/speed-layer';
import { startedByHand } from '../../../scripts/operate/started-by-hand';
import type { speedLayer } from '../../../workflows';
import { encrypted, encryptingWorker, keysOfMemo } from '../encrypted';
import { failureOf, until, useTemporal } from '../environment';
import { failures, layer, PARTITION, refused, running, SETUP, Shards, status } from './layers';

// The number of events from which Temporal suggests to continue as new. Its default is 4,096.
const SUGGESTED_FROM = 150;
const temporal = useTemporal('--dynamic-config-value', `limit.historyCount.suggestContinueAsNew=${SUGGESTED_FROM}`);

it('continues as new when its history has grown, with the shards, the pause and the offsets that it had', async () => {
  const shards = new Shards();
  const partitions = [{ ...PARTITION, partition: 1, offset: 10 }];
  const over = { shard: 0, shards: 2, topic: 'clicks', partitions, ended: 'time-over' } as const;
  let short = true;
  const activities = layer(shards, {
    runSpeedShard: (input) => (short ? sleep(50).then(() => over) : shards.run(input)),
  });
  await running(temporal, activities, { shards: 2 }, async (handle) => {
    const runIds = new Set<string>();
    await until(async () => {
      const { runId } = await handle.describe();
      return runIds.add(runId).size > 1;
    });
    short = false;
    await until(() => shards.running.length === 2);
    expect((await status(handle)).shards).toBe(2);
    const known = shards.running.flatMap((input) => input.known?.filter(({ topic }) => topic === 'clicks') ?? []);
    expect(known).toEqual([{ topic: 'clicks', partition: 1, offset: 10 }]);
    const [first = ''] = runIds;
    const ended = await temporal.client.workflow.getHandle(handle.workflowId, first).describe();
    expect(ended.status.name).toBe('CONTINUED_AS_NEW');
    expect(ended.historyLength).toBeLessThan(SUGGESTED_FROM * 2);
  });
});

it('continues as new with its setup and its failures: shards go on without another preparation', async () => {
  const shards = new Shards();
  const over = { shard: 0, shards: 1, partitions: [], ended: 'time-over' } as const;
  let [prepared, short] = [0, true];
  const activities = layer(shards, {
    prepareSpeedLayer: () => ((prepared += 1) === 1 ? Promise.resolve({ setup: SETUP }) : Promise.reject(refused())),
    watchSupervisor: () => Promise.reject(refused()),
    runSpeedShard: (input) => (short ? sleep(50).then(() => over) : shards.run(input)),
  });
  await running(temporal, activities, {}, async (handle) => {
    const runIds = new Set<string>();
    let before: Awaited<ReturnType<typeof failures>> = [];
    await until(async () => {
      const { runId } = await handle.describe();
      if (runIds.add(runId).size > 1) return true;
      before = await failures(handle);
      return false;
    });
    short = false;
    await until(() => shards.running.length === 1);
    expect(shards.running.map(({ setup }) => setup)).toEqual([SETUP]);
    const since = (of: typeof before): (string | undefined)[] => of.map(({ part, since: from }) => `${part} ${from}`);
    expect(since(await failures(handle))).toEqual(expect.arrayContaining(since(before)));
    expect(before).not.toEqual([]);
  });
});

it('carries its memo over in the key that its worker has now', async () => {
  const over = { shard: 0, shards: 1, partitions: [], ended: 'time-over' } as const;
  const activities = layer(new Shards(), { runSpeedShard: () => sleep(50).then(() => over) });
  const memo = startedByHand('by hand', { shards: 1 });
  const work = async (): Promise<void> => {
    const { workflowId, firstExecutionRunId } = await temporal.client.workflow.start<typeof speedLayer>('speedLayer', {
      ...{ taskQueue: temporal.taskQueue, workflowId: speedLayerId('memo'), args: [{ pipeline: 'memo' }], memo },
    });
    const handle = encrypted(temporal).workflow.getHandle<typeof speedLayer>(workflowId);
    await until(async () => (await handle.describe()).runId !== firstExecutionRunId);
    const continued = await handle.describe();
    expect(continued.memo).toEqual(memo);
    expect(keysOfMemo(continued)).toEqual(new Set(['now']));
    await handle.cancel();
    expect(await failureOf(handle)).toBeInstanceOf(CancelledFailure);
  };
  await temporal.serve(activities, work, encryptingWorker);
});
