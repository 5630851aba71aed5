import { setTimeout as sleep } from 'node:timers/promises';
import type { FileSink, FileWriter } from './files/file-sink';
import type { EventKind } from './event-kind';
import { type FeedOptions, type FeedRecord, generateEvents } from './generate';
import { helloEvents } from './hello-events';
import { liveInstants } from './instants';
import { FeedSinks, type KafkaSink } from './sinks';

export interface LiveFeed extends FeedOptions {
  /** Default: what Fluentd's dummy source emits. */
  readonly kind?: EventKind<unknown>;
  /** Events a second. */
  readonly rate: number;
  /** Infinity: until the signal. */
  readonly seconds: number;
}

/** The longest delay of a late event of a live stream. */
export const LIVE_MAXIMUM_DELAY = 30_000;
const TICK_MS = 50;
const BATCH = 5_000;

/** Writes events at their time, until the seconds are over or the signal comes. Then writes what is still delayed. */
export async function feedLive(
  feed: LiveFeed,
  kafka: KafkaSink | undefined,
  files: FileSink | undefined,
  progress: (sinks: FeedSinks) => void,
  signal: AbortSignal,
): Promise<FeedSinks> {
  const write = (writer?: FileWriter): Promise<FeedSinks> =>
    writeLive(feed, new FeedSinks(kafka, writer), progress, signal);
  return files === undefined ? write() : files.writeLive(write);
}

async function writeLive(
  feed: LiveFeed,
  sinks: FeedSinks,
  progress: (sinks: FeedSinks) => void,
  signal: AbortSignal,
): Promise<FeedSinks> {
  const start = Date.now();
  const end = start + feed.seconds * 1000;
  const records = generateEvents(
    feed.kind ?? helloEvents,
    feed,
    liveInstants(start, feed.rate, feed.seconds, () => signal.aborted),
  );
  let due: FeedRecord[] = [];
  for (const record of records) {
    while (!signal.aborted && record.at > Date.now() && Date.now() < end) {
      await sinks.write(due.splice(0));
      progress(sinks);
      await sleep(TICK_MS, undefined, { signal }).catch(() => undefined);
    }
    due.push(record);
    if (due.length >= BATCH) {
      await sinks.write(due);
      due = [];
      progress(sinks);
    }
  }
  await sinks.write(due);
  progress(sinks);
  return sinks;
}
