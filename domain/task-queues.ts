/** One task queue for each layer, so that each can have its own workers. */
export const TASK_QUEUES = { speed: 'daybreak-speed', batch: 'daybreak-batch' } as const;
export type Layer = keyof typeof TASK_QUEUES;
