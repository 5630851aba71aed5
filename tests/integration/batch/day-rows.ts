import { z } from 'zod';
import { createDruidClient } from '../../../clients/druid';
import { messageOf } from '../../../domain/errors';
import { dayInterval, type BusinessDate } from '../../../domain/business-date';
import { DAY_MAXIMUM_DELAY } from '../../../scripts/feed/feed-day';
import { generateFeed, type FeedRecord } from '../../../scripts/feed/generate';
import type { HelloEvent } from '../../../scripts/feed/hello-events';
import { dayInstants } from '../../../scripts/feed/instants';
import { readConfig } from '../../../worker/config';
import { until } from '../support/until';

export const ZONE = 'Asia/Seoul';
const NAMES = ['Ada', 'Barbara', 'Grace', 'Edsger', 'Katherine', 'Donald', 'Margaret', 'Alan', 'Radia', 'Leslie'];
const rowSchema = z.object({
  time: z.string(),
  user_id: z.number(),
  user_name: z.string(),
  hello: z.string(),
  uid: z.number(),
});

/** What `ask` gets of a datasource; nothing while the broker does not know it, which may change between two queries. */
export async function servedBy<T>(datasource: string, ask: () => Promise<T[]>): Promise<T[]> {
  try {
    return await ask();
  } catch (thrown) {
    if (messageOf(thrown).includes(`Object '${datasource}' not found`)) return [];
    throw thrown;
  }
}

/** The rows that Druid serves of a day, as sorted text. */
export async function servedRows(datasource: string, date: BusinessDate): Promise<string[]> {
  const { queries } = createDruidClient(readConfig().druid);
  const { start, end } = dayInterval(date, ZONE);
  const rows = await servedBy(datasource, () =>
    queries.sql(
      `SELECT TIME_FORMAT(__time, 'yyyy-MM-dd HH:mm:ss', '${ZONE}') AS "time", user_id, user_name, hello, uid
     FROM "${datasource}" WHERE __time >= TIME_PARSE(?) AND __time < TIME_PARSE(?)`,
      [start, end],
      rowSchema,
    ),
  );
  return rows.map((row) => JSON.stringify([row.time, row.user_id, row.user_name, row.hello, row.uid])).sort();
}

/**
 * The records that `feed --date` writes, made again by its generator. They are never read from what the product made of
 * them.
 */
export function fedDay(date: BusinessDate, events: number, seed: number): FeedRecord<HelloEvent>[] {
  const shares = { duplicates: 0.01, late: 0.005, bad: 0.0005, maximumDelay: DAY_MAXIMUM_DELAY };
  return [...generateFeed({ seed, timeZone: ZONE, ...shares }, dayInstants(date, ZONE, events, 'daily'))];
}

/** Waits until Druid serves each of a fed day's records that realtime gets, also those that Kafka has twice. */
export async function awaitInRealtime(
  datasource: string,
  date: BusinessDate,
  sent: readonly FeedRecord<HelloEvent>[],
): Promise<string[]> {
  const inKafka = sent.filter(({ kind, toKafka }) => kind !== 'bad' && toKafka).length;
  return until('the day in realtime', async () => {
    const rows = await servedRows(datasource, date);
    return rows.length === inKafka && rows;
  });
}

/** The distinct rows of a day's records, computed here independently: the join, the names, the columns. */
export function expectedRows(records: readonly FeedRecord<HelloEvent>[]): string[] {
  return records
    .flatMap(({ kind, event }) => (kind === 'event' && event !== undefined ? [event] : []))
    .map(({ time, id, hello }) => JSON.stringify([time, id, NAMES[id % 10], hello, id % 10]))
    .sort();
}
