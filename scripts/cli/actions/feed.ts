import type { KafkaCluster } from '../../../clients/kafka/options';
import { KafkaProducer } from '../../../clients/kafka/producer';
import { KafkaTopics } from '../../../clients/kafka/topics';
import { type BusinessDate, businessDateOf } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import type { Pipeline } from '../../../domain/pipeline';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { DAY_MAXIMUM_DELAY, type Existing, feedDay } from '../../feed/feed-day';
import { clickEvents } from '../../feed/click-events';
import { type EventKind, eventKindOf } from '../../feed/event-kind';
import { feedLive, LIVE_MAXIMUM_DELAY } from '../../feed/feed-live';
import { FeedProgress } from '../../feed/feed-progress';
import type { FileSink } from '../../feed/files/file-sink';
import { openFileSink } from '../../feed/files/open-file-sink';
import { helloEvents } from '../../feed/hello-events';
import { DEFAULT_EVENTS, DEFAULT_RATE, type Rhythm } from '../../feed/instants';
import type { FeedSinks, KafkaSink } from '../../feed/sinks';
import { feedSummary } from '../../feed/summary';
import { onEnding } from '../../output/ending';
import { jsonOf, print } from '../../output/print';

export interface FeedFlags {
  readonly pipeline: string;
  readonly date?: BusinessDate;
  readonly events?: number;
  readonly rhythm?: Rhythm;
  readonly rate?: number;
  readonly for?: number;
  readonly duplicates: number;
  readonly late: number;
  readonly bad: number;
  readonly seed: number;
  readonly output?: string;
  readonly kafka: boolean;
  readonly files: boolean;
  readonly append?: true;
  readonly replace?: true;
  readonly json?: true;
}

export async function run(flags: FeedFlags): Promise<void> {
  checkFlags(flags);
  const config = readConfig();
  const { pipeline } = await loadPipelineNamed(config.pipelines, flags.pipeline);
  const kind = eventKindOf<unknown>(pipeline, [helloEvents, clickEvents]);
  checkPast(flags.date, pipeline.timeZone);
  const stop = new AbortController();
  const stopListening = onEnding(() => {
    stop.abort();
  });

  const files = flags.files ? await openFileSink(pipeline, config.data, flags.output) : undefined;
  const kafka = flags.kafka ? await connect(pipeline, config.kafka) : undefined;
  const progress = new FeedProgress(flags.date === undefined ? undefined : (flags.events ?? DEFAULT_EVENTS));
  try {
    const sinks = await write(flags, kind, pipeline, kafka, files, progress, stop.signal).finally(() => {
      progress.end();
    });
    const summary = feedSummary(pipeline, flags.seed, sinks, progress.seconds, kafka, files);
    if (flags.json) print(jsonOf(summary.json, 0));
    else summary.lines.forEach(print);
  } finally {
    stopListening();
    files?.close();
    await kafka?.producer.close();
  }
}

function write(
  flags: FeedFlags,
  kind: EventKind<unknown>,
  { timeZone }: Pipeline,
  kafka: KafkaSink | undefined,
  files: FileSink | undefined,
  progress: FeedProgress,
  signal: AbortSignal,
): Promise<FeedSinks> {
  const show = (sinks: FeedSinks): void => {
    progress.show(sinks.tally);
  };
  const { seed, duplicates, late, bad, date } = flags;
  const shares = { kind, seed, duplicates, late, bad, timeZone };
  if (date === undefined) {
    const live = { ...shares, rate: flags.rate ?? DEFAULT_RATE, seconds: flags.for ?? Infinity };
    return feedLive({ ...live, maximumDelay: LIVE_MAXIMUM_DELAY }, kafka, files, show, signal);
  }
  const existing: Existing = flags.append ? 'append' : flags.replace ? 'replace' : 'refuse';
  const day = { ...shares, date, existing, events: flags.events ?? DEFAULT_EVENTS, rhythm: flags.rhythm ?? 'daily' };
  return feedDay({ ...day, maximumDelay: DAY_MAXIMUM_DELAY }, kafka, files, show, signal);
}

async function connect({ kafka }: Pipeline, cluster: KafkaCluster): Promise<KafkaSink> {
  const topics = await KafkaTopics.connect(cluster);
  try {
    await topics.ensure([{ topic: kafka.topic, partitions: kafka.partitions }]);
    const partitions = await topics.partitionsOf(kafka.topic);
    return { producer: await KafkaProducer.connect(cluster), topic: kafka.topic, partitions };
  } finally {
    await topics.close();
  }
}

function checkFlags(flags: FeedFlags): void {
  const onlyDay = ['events', 'rhythm', 'append', 'replace'] as const;
  const onlyLive = ['rate', 'for'] as const;
  const misplaced = (flags.date === undefined ? onlyDay : onlyLive).find((name) => flags[name] !== undefined);
  if (misplaced !== undefined) {
    throw new DaybreakError('WRONG_USAGE', {
      what: `--${misplaced} is an option of ${flags.date === undefined ? 'a past day' : 'a live stream'}`,
      remedy: flags.date === undefined ? 'Add --date, or leave this option out.' : 'Leave out --date, or this option.',
    });
  }
  if (!flags.kafka && !flags.files) {
    throw new DaybreakError('WRONG_USAGE', {
      what: 'with both --no-kafka and --no-files there is nothing to write',
      remedy: 'Leave one of them out.',
    });
  }
}

function checkPast(date: BusinessDate | undefined, timeZone: string): void {
  const today = businessDateOf(new Date(), timeZone);
  if (date === undefined || date < today) return;
  throw new DaybreakError('BAD_DATE', {
    what: `${date} is not over yet in ${timeZone}, where it is ${today}`,
    remedy: 'Give a past day, or leave out --date for a live stream of now.',
  });
}
