import { Command, InvalidArgumentError, Option } from 'commander';
import { DEAD_LETTER_CODES } from '../../../domain/dead-letter';
import { offsetSpanOf, type OffsetSpan } from '../../operate/dlq/selection';
import type { ListFlags } from '../actions/dlq/list';
import type { ReplayFlags } from '../actions/dlq/replay';

export function dlqCommand(): Command {
  const list = selecting('list', 'show the events that the speed layer turned away, and why')
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--all', 'also those that were replayed', false)
    .action(async (places: string[], flags: ListFlags) =>
      (await import('../actions/dlq/list')).run({ ...flags, places }),
    );
  const replay = selecting(
    'replay',
    'send them through the speed layer once more, and show which failed again: exits with 1 where any did or is too large, and where ' +
      'that is not known after the wait',
  )
    .option(
      '--wait <seconds>',
      'how long to wait for the speed layer; with 0 nothing is known, and that is no failure',
      count,
      30,
    )
    .option('--dry-run', 'only show what would be sent, by code and by day', false)
    .action(async (places: string[], flags: ReplayFlags) =>
      (await import('../actions/dlq/replay')).run({ ...flags, places }),
    );
  return new Command('dlq').description('dead letters of the speed layer').addCommand(list).addCommand(replay);
}

/** A subcommand with the options that choose letters. */
function selecting(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('[places...]', 'only these, as the list shows them: topic/partition/offset')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .addOption(new Option('--code <codes...>', 'only with these codes').choices(DEAD_LETTER_CODES))
    .option('--from <time>', 'only events sent to Kafka then or later: an instant in ISO 8601, or a local day')
    .option('--to <time>', 'only events sent to Kafka then or earlier; a day is included')
    .option('--partition <n...>', 'only of these partitions of the events’ topic', several(count))
    .option('--offset <n...>', 'only with these offsets in the events’ topic: 41, or 41-60', several(offsets))
    .option('--json', 'print JSON', false);
}

function several<T>(parse: (text: string) => T): (text: string, previous: readonly T[] | undefined) => T[] {
  return (text, previous = []) => [...previous, parse(text)];
}

function offsets(text: string): OffsetSpan {
  const span = offsetSpanOf(text);
  if (span === undefined)
    throw new InvalidArgumentError('Give an offset such as 41, or from the first to the last: 41-60.');
  return span;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('Give a whole number, 0 or more.');
  return value;
}
