import type { WorkerOptions } from '@temporalio/worker';
import type { TaskQueue } from '../domain/task-queues';
import type { Config } from './config';

/** Shares of the machine beyond which the `resources` tuner takes no more work. */
const TARGETS = { targetMemoryUsage: 0.8, targetCpuUsage: 0.9 };
const WORKFLOW_TASKS = 8;

/**
 * How much of a task queue one worker does at once. Small machines are the common case: one day's build uses every core, and
 * so do a few shards. So the default is a fixed small number.
 */
export function tuning(queue: TaskQueue, { tuner, slots }: Config['worker']): Partial<WorkerOptions> {
  const common = {
    maxCachedWorkflows: 200,
    // So people see within seconds what a step waits for, and a cancellation arrives within seconds. Otherwise both
    // could take most of the heartbeat timeout.
    maxHeartbeatThrottleInterval: '2 seconds',
  } as const;
  switch (tuner) {
    case 'fixed':
      return {
        ...common,
        maxConcurrentActivityTaskExecutions: slots[queue],
        maxConcurrentWorkflowTaskExecutions: WORKFLOW_TASKS,
      };
    case 'resources':
      return {
        ...common,
        tuner: {
          tunerOptions: TARGETS,
          // A speed layer's watchers must run next to its shards, and a day next to the search for others.
          activityTaskSlotOptions: { minimumSlots: Math.min(4, slots[queue]), maximumSlots: slots[queue] },
          workflowTaskSlotOptions: { minimumSlots: 2, maximumSlots: WORKFLOW_TASKS },
        },
      };
  }
}
