/** One task queue a layer, so that each can have workers of its own. */
export const TASK_QUEUES = { speed: 'daybreak-speed', batch: 'daybreak-batch' } as const;
export type Layer = keyof typeof TASK_QUEUES;
