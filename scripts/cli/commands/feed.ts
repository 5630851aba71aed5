import { Command, InvalidArgumentError, Option } from 'commander';
import { parseBusinessDate } from '../../../domain/business-date';
import { DEFAULT_EVENTS, DEFAULT_RATE } from '../../feed/instants';
import type { FeedFlags } from '../actions/feed';

const AFTER_HELP = `
Writes what fluentd writes: each record once to the Kafka topic and once to the file of its own hour. The same options and
seed give the same records, byte for byte; of a live stream only the times differ.

  duplicates  a third of them is twice in Kafka only (a producer's retry), a third in the files only, a third in both
  late        arrive after younger events: in Kafka at once later (up to 3 h of a day, 30 s live), in their own hour's file
  bad         cut lines, wrong types, missing and unparsable times, JSON that is no object; in Kafka and in the files

With --date and files of that day in place, feed refuses and exits 1, unless --append or --replace says what to do. Kafka cannot
be unwritten: feeding a day twice puts its events into the topic twice.`;

export function feedCommand(): Command {
  return new Command('feed')
    .description('write events to Kafka and to hourly files, as fluentd does: a past day (--date) or a live stream')
    .option('--pipeline <name>', 'the pipeline', 'events')
    .addOption(new Option('--date <day>', 'write this whole local day, YYYY-MM-DD').argParser(parseBusinessDate))
    .option('--events <n>', `distinct valid events of the day (default: ${DEFAULT_EVENTS})`, integer(1))
    .addOption(new Option('--rhythm <rhythm>', 'over the day (default: daily)').choices(['daily', 'even']))
    .option('--rate <n>', `live: events a second (default: ${DEFAULT_RATE})`, integer(1))
    .option('--for <seconds>', 'live: how long (default: until Ctrl-C)', integer(1))
    .option('--duplicates <share>', 'further deliveries, as a share of the events', share, 0.01)
    .option('--late <share>', 'late events, as a share of the events', share, 0.005)
    .option('--bad <share>', 'bad records besides the events, as a share of them', share, 0.0005)
    .option('--seed <n>', 'of everything random', integer(0), 1)
    .option('--output <folder>', "the files' folder (default: the pipeline's input folder)")
    .option('--no-kafka', 'write no messages')
    .option('--no-files', 'write no files')
    .addOption(new Option('--append', 'with --date: write after the ends of present files').conflicts('replace'))
    .option('--replace', 'with --date: remove the present files of the day')
    .option('--json', 'print the summary as JSON')
    .addHelpText('after', AFTER_HELP)
    .action(async (flags: FeedFlags) => (await import('../actions/feed')).run(flags));
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
