import type { DruidClient } from '../../../clients/druid';
import { DaybreakError } from '../../../domain/errors';
import { until } from './until';

/** Has Druid run a task, and waits until it has succeeded. */
export async function runTask({ tasks }: DruidClient, task: { readonly id: string }): Promise<void> {
  // Druid's database may refuse one of many tasks that come at once. A run tries again, too.
  await until(`Druid to take the task ${task.id}`, () =>
    tasks.submit(task).catch((thrown: unknown) => {
      if (thrown instanceof DaybreakError && thrown.code === 'DRUID_UNREACHABLE') return false;
      throw thrown;
    }),
  );
  await until(`the task ${task.id}`, async () => {
    const status = await tasks.status(task.id);
    if (status?.status === 'FAILED') throw new Error(status.errorMsg ?? 'failed');
    return status?.status === 'SUCCESS';
  });
}
