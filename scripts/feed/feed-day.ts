import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError } from '../../domain/errors';
import type { FileSink, FileWriter } from './files/file-sink';
import type { EventKind } from './event-kind';
import { type FeedOptions, type FeedRecord, generateEvents } from './generate';
import { helloEvents } from './hello-events';
import { dayInstants, type Rhythm } from './instants';
import { FeedSinks, type KafkaSink } from './sinks';

/** What to do with files that exist already. */
export type Existing = 'refuse' | 'append' | 'replace';

export interface DayFeed extends FeedOptions {
  /** Default: what Fluentd's dummy source emits. */
  readonly kind?: EventKind<unknown>;
  readonly date: BusinessDate;
  readonly events: number;
  readonly rhythm: Rhythm;
  readonly existing: Existing;
}

/** The longest delay of a late event of a finished day. */
export const DAY_MAXIMUM_DELAY = 3 * 3_600_000;
const BATCH = 5_000;

/**
 * Writes a whole local day, as fast as it can. The files appear when the day is complete, so that no partial file is
 * left behind. After a failure, what Kafka has taken stays there. Throws OUTPUT_FAILED if files of the day exist and
 * `existing` is 'refuse', CANCELLED on the signal.
 */
export async function feedDay(
  feed: DayFeed,
  kafka: KafkaSink | undefined,
  files: FileSink | undefined,
  progress: (sinks: FeedSinks) => void,
  signal: AbortSignal,
): Promise<FeedSinks> {
  const present = files === undefined ? [] : await presentFiles(feed, files);
  const fill = async (writer?: FileWriter): Promise<FeedSinks> => {
    const sinks = new FeedSinks(kafka, writer);
    const instants = dayInstants(feed.date, feed.timeZone, feed.events, feed.rhythm);
    for (const batch of batches(generateEvents(feed.kind ?? helloEvents, feed, instants))) {
      if (signal.aborted) throw cancelled(feed, kafka !== undefined);
      await sinks.write(batch);
      progress(sinks);
    }
    return sinks;
  };
  return files === undefined ? fill() : files.writeDay(fill, feed.existing === 'replace' ? present : []);
}

async function presentFiles(feed: DayFeed, files: FileSink): Promise<string[]> {
  const present = await files.filesOf(feed.date);
  if (present.length > 0 && feed.existing === 'refuse') {
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `${files.location} has ${present.length} files of ${feed.date} already, the first is ${present[0] ?? ''}`,
      remedy: 'Nothing was written. Give --append to add to these files, or --replace to write the day again.',
    });
  }
  return present;
}

function cancelled({ date }: DayFeed, isInKafka: boolean): DaybreakError {
  return new DaybreakError('CANCELLED', {
    what: `feeding ${date} was stopped before its end`,
    remedy: `Feed the day again. No file was written${isInKafka ? ', but Kafka has some events, which then come twice' : ''}.`,
  });
}

function* batches(records: Iterable<FeedRecord>): Generator<FeedRecord[]> {
  let batch: FeedRecord[] = [];
  for (const record of records) {
    batch.push(record);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
