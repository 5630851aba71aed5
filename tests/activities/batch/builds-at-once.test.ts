import { BuildsAtOnce } from '../../../activities/batch/builds-at-once';
import { TASK_QUEUES } from '../../../domain/task-queues';

const GIBIBYTE = 1024 ** 3;

/** Begins builds that never end. Resolves to how many of them run at once. */
async function running(memory: number, queue: string, others: readonly string[] = []): Promise<number> {
  const builds = new BuildsAtOnce(GIBIBYTE, memory);
  let count = 0;
  const begin = (taskQueue: string, onBegin: () => void) =>
    void builds.run(taskQueue, {}, () => {
      onBegin();
      return new Promise(() => undefined);
    });
  for (const other of others) begin(other, () => undefined);
  for (let build = 0; build < 20; build += 1) begin(queue, () => (count += 1));
  await Promise.resolve();
  return count;
}

it.each([
  [4, 2, 1],
  [24, 9, 9],
  [0.5, 1, 1],
])('%d GiB have room for %d builds of nights and %d of backfills with 1 GiB each', async (gib, nights, backfills) => {
  expect(await running(gib * GIBIBYTE, TASK_QUEUES.batch)).toBe(nights);
  expect(await running(gib * GIBIBYTE, TASK_QUEUES.backfill)).toBe(backfills);
});

it('lets a night begin while backfills have all of their places', async () => {
  const backfills = Array.from({ length: 20 }, () => TASK_QUEUES.backfill);
  expect(await running(GIBIBYTE, TASK_QUEUES.batch, backfills)).toBe(1);
});

it('has room for a build on this machine without being told its memory', async () => {
  await expect(new BuildsAtOnce(GIBIBYTE).run(TASK_QUEUES.batch, {}, () => Promise.resolve('built'))).resolves.toBe(
    'built',
  );
});
