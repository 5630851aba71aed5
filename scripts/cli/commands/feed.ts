import { Command, InvalidArgumentError, Option } from 'commander';
import { join, resolve } from 'node:path';
import type { KafkaCluster } from '../../../clients/kafka/options';
import { KafkaProducer } from '../../../clients/kafka/producer';
import { KafkaTopics } from '../../../clients/kafka/topics';
import { type BusinessDate, businessDateOf, parseBusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import type { Pipeline } from '../../../domain/pipeline';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { DAY_MAXIMUM_DELAY, feedDay } from '../../feed/feed-day';
import { feedLive, LIVE_MAXIMUM_DELAY } from '../../feed/feed-live';
import { FeedProgress } from '../../feed/feed-progress';
import { checkFeedable } from '../../feed/feed-world';
import { type Existing, HourlyFileNames } from '../../feed/hourly-files';
import type { Rhythm } from '../../feed/instants';
import type { FeedSinks, FileSink, KafkaSink } from '../../feed/sinks';
import { feedSummary } from '../../feed/summary';
import { jsonOf, print } from '../../output/print';

interface FeedFlags {
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

const DEFAULT_EVENTS = 200_000;
const DEFAULT_RATE = 100;

const AFTER_HELP = `
The command writes what fluentd writes: each record once to the Kafka topic and once to the file of its own hour. The same
options and seed give the same records, byte for byte. In a live stream only the times differ.

  duplicates  a third is written twice to Kafka only (as a producer's retry does), a third to the files only, a third to both
  late        they come after younger events: in Kafka later (up to 3 h in a day, 30 s live), in the files in their own hour
  bad         cut lines, wrong types, missing and wrong times, JSON that is not an object; in Kafka and in the files

If files of the day of --date are there already, the command exits with 1, unless you give --append or --replace. Events in
Kafka cannot be removed: if you feed a day twice, its events are twice in the topic.`;

export function feedCommand(): Command {
  return new Command('feed')
    .description(
      'write test events to Kafka and to hourly files, as fluentd does: a past day (--date) or a live stream',
    )
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .addOption(new Option('--date <day>', 'write this whole local day, YYYY-MM-DD').argParser(parseBusinessDate))
    .option('--events <n>', `how many distinct valid events the day has (default: ${DEFAULT_EVENTS})`, integer(1))
    .addOption(
      new Option('--rhythm <rhythm>', 'how the events are spread over the day (default: daily)').choices([
        'daily',
        'even',
      ]),
    )
    .option('--rate <n>', `of a live stream: events a second (default: ${DEFAULT_RATE})`, integer(1))
    .option('--for <seconds>', 'of a live stream: how long it lasts (default: until Ctrl-C)', integer(1))
    .option('--duplicates <share>', 'events that are written twice, as a share of all events', share, 0.01)
    .option('--late <share>', 'events that arrive late, as a share of all events', share, 0.005)
    .option('--bad <share>', 'bad records to add, as a share of all events', share, 0.0005)
    .option('--seed <n>', 'the seed for all random values', integer(0), 1)
    .option('--output <folder>', "the folder of the files (default: the pipeline's input folder)")
    .option('--no-kafka', 'write nothing to Kafka')
    .option('--no-files', 'write no files')
    .addOption(new Option('--append', 'with --date: add to the files that the day has').conflicts('replace'))
    .option('--replace', 'with --date: remove the files that the day has')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', AFTER_HELP)
    .action(feed);
}

async function feed(flags: FeedFlags): Promise<void> {
  checkFlags(flags);
  const config = readConfig();
  const { pipeline } = await loadPipelineNamed(config.pipelines, flags.pipeline);
  checkFeedable(pipeline);
  checkPast(flags.date, pipeline.timeZone);
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);

  const kafka = flags.kafka ? await connect(pipeline, config.kafka) : undefined;
  const files: FileSink | undefined = flags.files
    ? {
        folder: resolve(flags.output ?? join(config.data, pipeline.name, 'input')),
        names: new HourlyFileNames(pipeline.files.pattern),
      }
    : undefined;
  const progress = new FeedProgress(flags.date === undefined ? undefined : (flags.events ?? DEFAULT_EVENTS));
  try {
    const sinks = await run(flags, pipeline, kafka, files, progress, stop.signal);
    const summary = feedSummary(pipeline, flags.seed, sinks.tally, progress.seconds, kafka, files);
    if (flags.json) print(jsonOf(summary.json, 0));
    else summary.lines.forEach(print);
  } finally {
    progress.end();
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await kafka?.producer.close();
  }
}

function run(
  flags: FeedFlags,
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
  const shares = { seed, duplicates, late, bad, timeZone };
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

function integer(minimum: number): (text: string) => number {
  return (text) => {
    const value = Number(text.replaceAll('_', ''));
    if (!Number.isSafeInteger(value) || value < minimum || value > 1e10) {
      throw new InvalidArgumentError(`Give a whole number, ${minimum} or more.`);
    }
    return value;
  };
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Give a share, 0 to 1.');
  return value;
}
