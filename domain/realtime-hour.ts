import * as z from 'zod';

const count = z.number().int();

/**
 * One local hour of a day as realtime served it before a batch replaced it, and what that batch wrote. It is kept when
 * later batches replace the day, because they find only the rows of the batch before them.
 */
export const realtimeHour = z.object({ hour: z.string(), rows: count, distinct: count, written: count }).readonly();
export type RealtimeHour = z.infer<typeof realtimeHour>;
