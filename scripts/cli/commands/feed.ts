import { Command, InvalidArgumentError, Option } from 'commander';
import { DEFAULT_EVENTS, DEFAULT_RATE } from '../../feed/instants';
import type { FeedFlags } from '../actions/feed';
import { dayOption } from '../day-option';
import { pipelineOption } from '../pipeline-option';
import { wholeNumberFrom } from '../whole-number';

const AFTER_HELP = `
The command writes what fluentd writes: each record once to the Kafka topic and once to the file of its own hour. The same
options and seed give the same records, byte for byte. In a live stream only the times differ. It makes events with the columns
of pipelines/events or of pipelines/clicks.

  duplicates  a third is written twice to Kafka only (as a producer's retry does), a third to the files only, a third to both
  late        they come after younger events: in Kafka later (up to 3 h in a day, 30 s live), in the files in their own hour
  bad         cut lines, wrong types, missing and wrong times, JSON that is not an object; in Kafka and in the files

The files go where the pipeline's batch reads them: files.location, else <DAYBREAK_DATA>/<pipeline>/input. On S3 and HDFS each
file is written whole. A live stream writes a new object each minute (or each 8 MiB, and at its end), with the time of
the write where files.pattern has a *; without a * it is refused there.

If files of the day of --date are there already, the command exits with 1, unless you give --append or --replace. Events in
Kafka cannot be removed: if you feed a day twice, its events are twice in the topic.`;

export function feedCommand(): Command {
  return new Command('feed')
    .description(
      'write test events to Kafka and to hourly files, as fluentd does: a past day (--date) or a live stream',
    )
    .addOption(pipelineOption())
    .addOption(dayOption('--date', 'write this whole local day, YYYY-MM-DD'))
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
    .option('--output <location>', "where the files go: a folder, s3://… or hdfs://… (default: the pipeline's input)")
    .option('--no-kafka', 'write nothing to Kafka')
    .option('--no-files', 'write no files')
    .addOption(new Option('--append', 'with --date: add to the files that the day has').conflicts('replace'))
    .option('--replace', 'with --date: remove the files that the day has')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', AFTER_HELP)
    .action(async (flags: FeedFlags) => (await import('../actions/feed')).run(flags));
}

function integer(minimum: number): (text: string) => number {
  const parse = wholeNumberFrom(minimum, 1e10);
  return (text) => parse(text.replaceAll('_', ''));
}

function share(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('Give a share, 0 to 1.');
  return value;
}
