import { readFile } from 'node:fs/promises';
import { generateFeed, type FeedRecord } from '../../../scripts/feed/generate';
import type { HelloEvent } from '../../../scripts/feed/hello-events';

export const FEED = { timeZone: 'Asia/Seoul', duplicates: 0.01, late: 0.005, bad: 0.002, maximumDelay: 600_000 };

/** `events` records of a feed, in the order in which they arrive in Kafka. */
export function feedRecords(seed: number, events: number): FeedRecord<HelloEvent>[] {
  const start = Date.parse('2026-11-20T15:00:00Z');
  const instants = Array.from({ length: events }, (_, index) => start + Math.floor((index / events) * 86_400_000));
  return [...generateFeed({ ...FEED, seed }, instants)].filter(({ toKafka }) => toKafka);
}

/** The output row of each valid record, computed without the tested code. */
export async function expectedRows(records: readonly FeedRecord<HelloEvent>[]): Promise<string[]> {
  const lines = (await readFile('pipelines/events/names.ndjson', 'utf8')).trim().split('\n');
  const names = new Map(lines.map((line) => JSON.parse(line) as { uid: number; name: string }).map((n) => [n.uid, n]));
  return records.flatMap(({ event }) => {
    if (event === undefined) return [];
    const { name = null, uid = null } = names.get(event.id % 10) ?? {};
    return [JSON.stringify({ time: event.time, user_id: event.id, user_name: name, hello: event.hello, uid })];
  });
}
