import { Command, InvalidArgumentError, Option } from 'commander';
import { DEAD_LETTER_CODES } from '../../../domain/dead-letter';
import { offsetSpanOf, type OffsetSpan } from '../../operate/dlq/selection';
import type { ListFlags } from '../actions/dlq/list';
import type { ReplayFlags } from '../actions/dlq/replay';
import { pipelineOption } from '../pipeline-option';
import { wholeNumberFrom } from '../whole-number';

export function dlqCommand(): Command {
  const list = selecting('list', 'show the events that could not become rows, and why')
    .option('--limit <n>', 'show at most this many', wholeNumberFrom(0), 50)
    .option('--all', 'also show letters that were replayed', false)
    .action(async (places: string[], flags: ListFlags) =>
      (await import('../actions/dlq/list')).run({ ...flags, places }),
    );
  const replay = selecting(
    'replay',
    'send dead letters through the speed layer once more, and show which failed again. Exits with 1 if one failed or is ' +
      'too large, or if this is not known after the wait',
  )
    .option(
      '--wait <seconds>',
      'how long to wait for the result; with 0 the command only sends, and exits with 0',
      wholeNumberFrom(0),
      30,
    )
    .option('--dry-run', 'only show what would be sent, by code and by day', false)
    .action(async (places: string[], flags: ReplayFlags) =>
      (await import('../actions/dlq/replay')).run({ ...flags, places }),
    );
  return new Command('dlq')
    .description('events that the speed layer could not turn into rows')
    .addCommand(list)
    .addCommand(replay);
}

/** A subcommand with the options that choose letters. */
function selecting(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .argument('[places...]', 'only letters of these places, as the list shows them: topic/partition/offset')
    .addOption(pipelineOption())
    .addOption(new Option('--code <codes...>', 'only letters with these codes').choices(DEAD_LETTER_CODES))
    .option(
      '--from <time>',
      'only events that were sent to Kafka at this time or later: an instant in ISO 8601, or a local day',
    )
    .option('--to <time>', 'only events that were sent to Kafka at this time or earlier; a local day is included')
    .option('--partition <n...>', 'only events of these partitions of their topic', several(wholeNumberFrom(0)))
    .option('--offset <n...>', 'only events with these offsets in their topic: 41, or 41-60', several(offsets))
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
