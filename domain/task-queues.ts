/**
 * One task queue for each layer, so that each can have its own workers. Backfills and their days have one of their own: a
 * night must not wait for them.
 */
export const TASK_QUEUES = {
  speed: 'daybreak-speed',
  batch: 'daybreak-batch',
  backfill: 'daybreak-backfill',
} as const;
export type TaskQueue = keyof typeof TASK_QUEUES;

/** What a worker serves. */
export type Layer = 'speed' | 'batch';

export const QUEUES_OF_LAYER: Readonly<Record<Layer, readonly TaskQueue[]>> = {
  speed: ['speed'],
  batch: ['batch', 'backfill'],
};
