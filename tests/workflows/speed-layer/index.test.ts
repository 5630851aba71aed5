import { CancelledFailure, Context } from '@temporalio/activity';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PartitionProgress, SpeedShardInput } from '../../../domain/speed-shard';
import { speedView } from '../../../scripts/operate/speed/speed-status';
import { pauseSignal, resumeSignal, scaleUpdate } from '../../../workflows/speed-layer';
import { Held, shownOf, until, useTemporal } from '../environment';
import {
  failures,
  layer,
  PARTITION,
  REFUSED,
  refused,
  running,
  SETUP,
  Shards,
  status,
  untilCancelled,
  untilState,
} from './layers';

const temporal = useTemporal();

/** When a run of a shard has opened a partition. */
const OPENED = '2026-11-22T00:00:00.000Z';

it('answers the status query with state, supervisor and partitions, and shows them in its details', async () => {
  const shards = new Shards();
  await running(temporal, layer(shards), { shards: 2 }, async (handle) => {
    await until(async () => (await status(handle)).partitions.length > 0);
    expect(await status(handle)).toMatchObject({
      state: 'running',
      shards: 2,
      supervisor: { healthy: true, state: 'RUNNING' },
      partitions: [PARTITION],
    });
    const { details } = await shownOf(handle);
    expect(details).toContain('**running** with 2 shards');
    expect(details).toContain('sealed until 2026-11-22T15:00:00Z');
    expect(details).toContain('| 0 | 7 | 2 | 1 | 0 |');
    expect(shards.started.map(({ shard, shards: of }) => `${shard}/${of}`).sort()).toEqual(['0/2', '1/2']);
  });
});

it('pauses once its shards have committed, and goes on at the resume', async () => {
  const committing = new Held();
  const shards = new Shards(committing);
  await running(temporal, layer(shards), {}, async (handle) => {
    await until(() => shards.running.length === 1);
    await handle.signal(pauseSignal);
    await committing.reached();
    expect((await status(handle)).state).toBe('pausing');
    expect(shards.committed).toHaveLength(0);
    committing.release();
    await untilState(handle, 'paused');
    expect(shards.running).toHaveLength(0);
    await handle.signal(pauseSignal);
    expect((await status(handle)).state).toBe('paused');

    await handle.signal(resumeSignal);
    await untilState(handle, 'running');
    await until(() => shards.running.length === 1);
  });
});

it('does not run a shard when the pause comes while it prepares itself', async () => {
  const preparing = new Held();
  const shards = new Shards();
  await running(
    temporal,
    layer(shards, { prepareSpeedLayer: () => preparing.wait().then(() => undefined) }),
    {},
    async (handle) => {
      await preparing.reached();
      await handle.signal(pauseSignal);
      preparing.release();
      await untilState(handle, 'paused');
      expect(shards.started).toEqual([]);
    },
  );
});

it('shares the partitions anew on the scale update, which answers with the number and refuses what is none', async () => {
  const shards = new Shards();
  await running(temporal, layer(shards), {}, async (handle) => {
    await until(() => shards.running.length === 1);
    expect(await handle.executeUpdate(scaleUpdate, { args: [3] })).toBe(3);
    await until(() => shards.running.length === 3);
    expect(shards.running.map(({ shard, shards: of }) => `${shard}/${of}`).sort()).toEqual(['0/3', '1/3', '2/3']);
    expect(shards.committed).toHaveLength(1);
    for (const wrong of [0, 1.5]) {
      const refused = handle.executeUpdate(scaleUpdate, { args: [wrong] });
      await expect(refused).rejects.toThrow(WorkflowUpdateFailedError);
    }
    expect((await status(handle)).shards).toBe(3);
  });
});

it('tries again for as long as its servers are away, and runs a shard that failed once more', async () => {
  const shards = new Shards();
  let [prepared, failed] = [0, 0];
  const activities = layer(shards, {
    prepareSpeedLayer: () =>
      (prepared += 1) === 1 ? Promise.reject(new Error('no Kafka yet')) : Promise.resolve({ setup: SETUP }),
    runSpeedShard: (input) => ((failed += 1) === 1 ? Promise.reject(new Error('fenced')) : shards.run(input)),
  });
  await running(temporal, activities, {}, async () => {
    await until(() => shards.running.length === 1);
    expect([prepared, failed]).toEqual([2, 2]);
  });
});

it('shows why a shard failed until it goes on, and no longer', async () => {
  const opened: PartitionProgress = { ...PARTITION, since: OPENED };
  let [tries, isOpen] = [0, false];
  const activities = layer(new Shards(), {
    async runSpeedShard() {
      if ((tries += 1) < 3) throw new Error('Kafka failed connecting');
      const { heartbeat, sleep: wait } = Context.current();
      const told = (partitions: readonly PartitionProgress[]): void => {
        heartbeat({ shard: 0, shards: 1, tables: {}, partitions });
      };
      const telling = setInterval(() => {
        told(isOpen ? [opened] : []);
      }, 50);
      try {
        for (;;) await wait(100);
      } finally {
        clearInterval(telling);
      }
    },
    async tellPartitions() {
      await untilCancelled();
      throw new CancelledFailure('CANCELLED');
    },
    async watchSupervisor() {
      for (;;) {
        Context.current().heartbeat('watching');
        await Context.current().sleep(50);
      }
    },
  });
  await running(temporal, activities, {}, async (handle) => {
    const troubles = async (): Promise<readonly string[]> => {
      const { pipeline } = await status(handle);
      return (await speedView(temporal.client, pipeline)).troubles;
    };
    await until(() => tries === 3);
    await sleep(500);
    expect(await troubles()).toEqual([
      'read, transform and write a share of the partitions, try 3: Kafka failed connecting',
    ]);
    isOpen = true;
    await until(async () => (await troubles()).length === 0);
    await sleep(500);
    expect(await troubles()).toEqual([]);
  });
});

it('looks at the partitions again where the worker of a look has fallen silent for ten seconds', async () => {
  let looks = 0;
  let end: (partitions: []) => void = () => undefined;
  const silence = new Promise<[]>((resolve) => {
    end = resolve;
  });
  const shards = new Shards();
  const tellPartitions = () => ((looks += 1) === 1 ? silence : sleep(100).then(() => [PARTITION]));
  await running(temporal, layer(shards, { tellPartitions }), {}, async (handle) => {
    const began = Date.now();
    await until(async () => (await status(handle)).partitions.length > 0);
    expect(Date.now() - began).toBeGreaterThan(9_000);
    end([]);
  });
});

it('polls many partitions less often, since a poll fills the history, and at once when a shard begins to fail', async () => {
  const shards = new Shards();
  const failing = new Held();
  let [tries, polls] = [0, 0];
  const activities = layer(shards, {
    runSpeedShard: (input) =>
      input.shard === 1 && (tries += 1) === 1
        ? failing.wait().then(() => Promise.reject(refused('KAFKA_REFUSED')))
        : shards.run(input),
    async tellPartitions() {
      polls += 1;
      await sleep(100);
      return Array.from({ length: 250 }, (_, partition) => ({ ...PARTITION, partition }));
    },
  });
  await running(temporal, activities, { shards: 2 }, async (handle) => {
    const pauses = async (): Promise<number[]> => {
      const { events } = await handle.fetchHistory();
      const timers = (events ?? []).flatMap(({ timerStartedEventAttributes: timer }) => timer ?? []);
      return timers.map(({ startToFireTimeout }) => Number(startToFireTimeout?.seconds));
    };
    // In which an ordinary layer polls twice.
    await until(async () => (await pauses()).includes(120));
    expect(polls).toBe(1);
    failing.release();
    await until(async () => (await pauses()).includes(20));
    expect(polls).toBe(2);
    expect((await failures(handle)).map(({ part }) => part)).toEqual(['shard 2 of 2']);
  });
});

it('runs a shard again whose worker has fallen silent for ten seconds', async () => {
  const shards = new Shards();
  let silenced: () => void = () => undefined;
  const silence = new Promise<never>((_, reject) => {
    silenced = () => {
      reject(new Error('the silent worker is back, and nobody waits for it'));
    };
  });
  let tries = 0;
  const activities = layer(shards, { runSpeedShard: (input) => ((tries += 1) === 1 ? silence : shards.run(input)) });
  await running(temporal, activities, {}, async () => {
    const began = Date.now();
    await until(() => shards.running.length === 1);
    expect(Date.now() - began).toBeGreaterThan(9_000);
    expect(tries).toBe(2);
    silenced();
  });
});

it('starts its shards again when their time is over', async () => {
  const shards = new Shards();
  let turns = 0;
  const over = { shard: 0, shards: 1, partitions: [], ended: 'time-over' } as const;
  const activities = layer(shards, {
    runSpeedShard: (input) => ((turns += 1) === 1 ? Promise.resolve(over) : shards.run(input)),
  });
  await running(temporal, activities, {}, async () => {
    await until(() => shards.running.length === 1);
  });
});

it('tells each shard what those before have committed, also after a pause', async () => {
  const shards = new Shards();
  let turns = 0;
  let isTelling = false;
  const partitions = [1, 3].map((partition) => ({ ...PARTITION, partition, offset: 10 * partition }));
  const over = { shard: 1, shards: 2, topic: 'clicks', partitions, ended: 'time-over' } as const;
  const activities = layer(shards, {
    runSpeedShard: (input) => (input.shard === 1 && (turns += 1) === 1 ? Promise.resolve(over) : shards.run(input)),
    // Partition 3 has not begun again, and 5 is new.
    tellPartitions: () =>
      sleep(100).then(() =>
        isTelling
          ? [
              { ...PARTITION, topic: 'clicks', partition: 3, offset: 0 },
              { ...PARTITION, topic: 'clicks', partition: 5, offset: 50 },
            ]
          : [],
      ),
  });
  const known = (): unknown[] => shards.running.filter(({ shard }) => shard === 1).map((input) => input.known);
  await running(temporal, activities, { shards: 2 }, async (handle) => {
    await until(() => shards.running.length === 2);
    const told = [1, 3].map((partition) => ({ topic: 'clicks', partition, offset: 10 * partition }));
    expect(known()).toEqual([told]);
    isTelling = true;
    await until(async () => (await status(handle)).partitions.some(({ partition }) => partition === 5));
    await handle.signal(pauseSignal);
    await untilState(handle, 'paused');
    await handle.signal(resumeSignal);
    await until(() => shards.running.length === 2);
    expect(known()).toEqual([[...told, { topic: 'clicks', partition: 5, offset: 50 }]]);
  });
});

it('shows no failure of parts that a pause has ended', async () => {
  const failing = {
    runSpeedShard: () => Promise.reject(refused('KAFKA_REFUSED')),
    watchSupervisor: () => Promise.reject(refused()),
  };
  await running(temporal, layer(new Shards(), failing), {}, async (handle) => {
    await until(async () => (await failures(handle)).length === 2);
    await handle.signal(pauseSignal);
    await untilState(handle, 'paused');
    expect(await failures(handle)).toEqual([]);
    await handle.signal(resumeSignal);
    await until(async () => (await failures(handle)).length === 2);
  });
});

it('prepares anew and starts every shard again when the pipeline of one needs another setup', async () => {
  const shards = new Shards();
  let setups = 0;
  const changed = { shard: 1, shards: 2, partitions: [], ended: 'pipeline-changed' } as const;
  const activities = layer(shards, {
    prepareSpeedLayer: () => Promise.resolve({ setup: `setup ${(setups += 1)}` }),
    runSpeedShard: async (input) => {
      if (input.setup !== 'setup 1' || input.shard === 0) return shards.run(input);
      await until(() => shards.running.length === 1);
      return changed;
    },
  });
  await running(temporal, activities, { shards: 2 }, async (handle) => {
    await until(() => shards.running.length === 2);
    const seen = (of: readonly SpeedShardInput[]): string[] =>
      of.map(({ shard, setup = '' }) => `${shard} ${setup}`).sort();
    expect(seen(shards.committed)).toEqual(['0 setup 1']);
    expect(seen(shards.running)).toEqual(['0 setup 2', '1 setup 2']);
    await untilState(handle, 'running');
  });
});

it('leaves time between rounds while the folders of two workers differ', async () => {
  const changed = { shard: 0, shards: 1, partitions: [], ended: 'pipeline-changed' } as const;
  const shards = new Shards();
  const began: number[] = [];
  const activities = layer(shards, {
    runSpeedShard: (input) => (began.push(Date.now()) < 4 ? Promise.resolve(changed) : shards.run(input)),
  });
  await running(temporal, activities, {}, async () => {
    await until(() => shards.running.length === 1);
    const [first = 0, second = 0, third = 0, fourth = 0] = began;
    expect(second - first).toBeLessThan(third - second);
    expect(third - second).toBeGreaterThan(1_900);
    expect(fourth - third).toBeGreaterThan(3_900);
  });
});

it('shows of each partition which version it runs, and why it keeps one', async () => {
  const kept = { ...PARTITION, version: '0123456789ab', kept: 'BAD_TRANSFORM: no FROM. Correct it.' };
  const shards = new Shards();
  await running(
    temporal,
    layer(shards, { tellPartitions: () => sleep(100).then(() => [kept]) }),
    {},
    async (handle) => {
      await until(async () => (await status(handle)).partitions.length > 0);
      const { details } = await shownOf(handle);
      expect(details).toContain('| 0123456789ab |');
      expect(details).toContain('Version 0123456789ab stays: BAD_TRANSFORM: no FROM. Correct it.');
    },
  );
});

it('commits before it ends when it is cancelled', async () => {
  const shards = new Shards();
  await running(temporal, layer(shards), { shards: 2 }, async () => {
    await until(() => shards.running.length === 2);
  });
  expect(shards.committed).toHaveLength(2);
});

describe('a failure that no retry of Temporal helps', () => {
  it('of the supervisor’s watch is in the status until the watch is well again; shards run on', async () => {
    const shards = new Shards();
    let isRefused = true;
    const well = layer(shards);
    const activities = layer(shards, {
      watchSupervisor: (input) => (isRefused ? Promise.reject(refused()) : well.watchSupervisor(input)),
    });
    await running(temporal, activities, { shards: 2 }, async (handle) => {
      await until(async () => (await failures(handle)).some(({ tries }) => tries > 1));
      const [failure, ...others] = await failures(handle);
      expect(others).toEqual([]);
      expect(failure).toMatchObject({
        part: 'watch of the supervisor',
        message: `DRUID_REFUSED: ${REFUSED}.`,
      });
      expect(Date.parse(failure?.since ?? '')).toBeLessThan(Date.parse(failure?.lastAt ?? ''));
      expect((await shownOf(handle)).details).toContain(`**watch of the supervisor**: fails since ${failure?.since}`);
      isRefused = false;
      await until(async () => (await failures(handle)).length === 0);
      expect(await status(handle)).toMatchObject({ state: 'running', supervisor: { healthy: true } });
      expect(shards.started).toHaveLength(2);
    });
  });

  it('of a shard is not over because the next try has begun, before it has opened its partitions', async () => {
    let isTrying = false;
    const activities = layer(new Shards(), {
      async runSpeedShard() {
        isTrying = true;
        await sleep(800);
        isTrying = false;
        throw refused('KAFKA_REFUSED');
      },
      // As the heartbeats of a shard tell them that opens its partitions.
      tellPartitions: () => sleep(100).then(() => (isTrying ? [{ ...PARTITION, offset: 0 }] : [])),
    });
    await running(temporal, activities, {}, async (handle) => {
      await until(async () => ((await failures(handle))[0]?.tries ?? 0) >= 4);
      expect(await failures(handle)).toMatchObject([{ part: 'shard 1 of 1' }]);
    });
  });

  it('of a preparation that needs Druid lets the shards run; with a setup that Druid does not know they wait', async () => {
    for (const isChanged of [false, true]) {
      const shards = new Shards();
      let isRefused = true;
      const activities = layer(shards, {
        prepareSpeedLayer: () =>
          isRefused
            ? Promise.reject(refused('DRUID_REFUSED', { setup: 'known', isChanged }))
            : Promise.resolve({ setup: SETUP }),
      });
      await running(temporal, activities, {}, async (handle) => {
        await until(async () => (await failures(handle)).some(({ tries }) => tries > 1));
        expect((await failures(handle)).map(({ part }) => part)).toEqual(['preparation']);
        expect(shards.running.map(({ setup }) => setup)).toEqual(isChanged ? [] : ['known']);
        expect((await status(handle)).state).toBe(isChanged ? 'starting' : 'running');
        isRefused = false;
        await until(async () => (await failures(handle)).length === 0);
        await untilState(handle, 'running');
        await until(() => shards.running.length === 1);
        expect(shards.started.map(({ setup }) => setup)).toEqual([isChanged ? SETUP : 'known']);
      });
    }
  });

  it('of a preparation after a change of the setup keeps the shards from running until it succeeds', async () => {
    const shards = new Shards();
    let prepared = 0;
    const isRefused = (): boolean => prepared > 1 && prepared < 4;
    const changed = { shard: 0, shards: 1, partitions: [], ended: 'pipeline-changed' } as const;
    const activities = layer(shards, {
      prepareSpeedLayer: () => {
        prepared += 1;
        return isRefused() ? Promise.reject(refused()) : Promise.resolve({ setup: `setup ${prepared}` });
      },
      runSpeedShard: (input) => (input.setup === 'setup 1' ? Promise.resolve(changed) : shards.run(input)),
    });
    await running(temporal, activities, {}, async (handle) => {
      await until(async () => (await failures(handle)).some(({ tries }) => tries > 1));
      expect(shards.started).toEqual([]);
      await until(() => shards.running.length === 1);
      expect(shards.started.map(({ setup }) => setup)).toEqual(['setup 4']);
    });
  });

  it('of a preparation whose folder is broken is tried again, and a layer that ran before runs on meanwhile', async () => {
    const shards = new Shards();
    let isBroken = false;
    const activities = layer(shards, {
      prepareSpeedLayer: () => (isBroken ? Promise.reject(refused('BAD_TABLE')) : Promise.resolve({ setup: SETUP })),
    });
    await running(temporal, activities, {}, async (handle) => {
      await until(() => shards.running.length === 1);
      isBroken = true;
      await handle.executeUpdate(scaleUpdate, { args: [2] });
      await until(async () => (await failures(handle)).length === 1);
      await until(() => shards.running.length === 2);
      isBroken = false;
      await until(async () => (await failures(handle)).length === 0);
      expect(shards.started).toHaveLength(3);
    });
  });

  it('of one shard starts it again after a pause, and leaves the status once its partitions are seen', async () => {
    const shards = new Shards();
    let tries = 0;
    const activities = layer(shards, {
      runSpeedShard: (input) =>
        input.shard === 1 && (tries += 1) < 3 ? Promise.reject(refused('KAFKA_REFUSED')) : shards.run(input),
      tellPartitions: () =>
        sleep(500).then(() => shards.running.map(({ shard }) => ({ ...PARTITION, partition: shard, since: OPENED }))),
    });
    await running(temporal, activities, { shards: 2 }, async (handle) => {
      await until(async () => (await failures(handle)).length > 0);
      expect(await failures(handle)).toMatchObject([{ part: 'shard 2 of 2' }]);
      await until(() => shards.running.length === 2);
      await until(async () => (await failures(handle)).length === 0);
      expect(shards.started.map(({ shard }) => shard)).toEqual([0, 1]);
    });
  });

  it('of a shard without a partition leaves the status once it knows that it has none', async () => {
    const shards = new Shards();
    let tries = 0;
    let isTold = false;
    const activities = layer(shards, {
      runSpeedShard: (input) =>
        input.shard === 1 && (tries += 1) < 3 ? Promise.reject(refused('KAFKA_REFUSED')) : shards.run(input),
      tellPartitions: ({ withIdleShards }) =>
        sleep(100).then(() => {
          const idleShards = isTold && withIdleShards === true ? [1] : [];
          return { partitions: [{ ...PARTITION, since: OPENED }], idleShards };
        }),
    });
    await running(temporal, activities, { shards: 2 }, async (handle) => {
      await until(() => shards.running.length === 2);
      await until(async () => (await status(handle)).partitions.length > 0);
      expect(await failures(handle)).toMatchObject([{ part: 'shard 2 of 2', tries: 2 }]);
      isTold = true;
      await until(async () => (await failures(handle)).length === 0);
      expect(shards.started.map(({ shard }) => shard)).toEqual([0, 1]);
      expect((await status(handle)).partitions).toHaveLength(1);
    });
  });
});

it.each(['time-over', 'cancelled'] as const)(
  'starts a shard that ended early (%s) again within a second while the other runs on',
  async (ended) => {
    const shards = new Shards();
    const early = new Held();
    let endedAt = 0;
    let startedAgainAt = 0;
    let turns = 0;
    const activities = layer(shards, {
      async runSpeedShard(input) {
        if (input.shard === 0) return shards.run(input);
        turns += 1;
        if (turns > 1) {
          startedAgainAt = Date.now();
          return shards.run(input);
        }
        await early.wait();
        endedAt = Date.now();
        return { ...input, partitions: [], ended };
      },
    });
    await running(temporal, activities, { shards: 2 }, async () => {
      await early.reached();
      await until(() => shards.running.length === 1);
      early.release();
      await until(() => shards.running.length === 2);
      expect(startedAgainAt - endedAt).toBeLessThan(10_000);
      expect(shards.committed).toEqual([]);
    });
  },
);

it('is paused only when every shard has committed', async () => {
  const committing = new Held();
  const slow = new Shards(committing);
  const quick = new Shards();
  const activities = layer(slow, { runSpeedShard: (input) => (input.shard === 0 ? slow : quick).run(input) });
  await running(temporal, activities, { shards: 2 }, async (handle) => {
    await until(() => slow.running.length + quick.running.length === 2);
    await handle.signal(pauseSignal);
    await until(() => quick.committed.length === 1);
    await committing.reached();
    await sleep(300);
    expect((await status(handle)).state).toBe('pausing');
    committing.release();
    await untilState(handle, 'paused');
  });
});
