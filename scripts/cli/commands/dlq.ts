import { Command, InvalidArgumentError, Option } from 'commander';
import type { DeadLetter } from '../../../activities/speed/dead-letter';
import { deadLetterTopicOf } from '../../../domain/pipeline';
import { openEventTimes } from '../../../engines/rule/event-times';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { deadLetters } from '../../operate/dlq/dead-letters';
import { lettersByDay, recomputes, sealedUntil } from '../../operate/dlq/event-days';
import { replayDeadLetters } from '../../operate/dlq/replay';
import {
  DEAD_LETTER_CODES,
  offsetSpanOf,
  type OffsetSpan,
  type SelectionOptions,
  selectionOf,
} from '../../operate/dlq/selection';
import {
  describeByCode,
  describePlan,
  describeReplay,
  letterTable,
  readableLetter,
} from '../../output/describe/describe-letters';
import { print, printJson } from '../../output/print';
import { readSettingsNamed } from '../../operate/pipeline-folder';

const READ_AT_ONCE = 1_000;

interface Flags extends SelectionOptions {
  readonly pipeline: string;
  readonly json: boolean;
}

export function dlqCommand(): Command {
  const list = selecting('list', 'show the events that could not become rows, and why')
    .option('--limit <n>', 'show at most this many', count, 50)
    .option('--all', 'also show letters that were replayed', false)
    .action((places: string[], flags: Flags & { limit: number; all: boolean }) => listLetters({ ...flags, places }));
  const replay = selecting(
    'replay',
    'send dead letters through the speed layer once more, and show which failed again. Exits with 1 if one failed, or if ' +
      'this is not known after the wait',
  )
    .option(
      '--wait <seconds>',
      'how long to wait for the result; with 0 the command only sends, and exits with 0',
      count,
      30,
    )
    .option('--dry-run', 'only show what would be sent, by code and by day', false)
    .action((places: string[], { dryRun, ...flags }: Flags & { wait: number; dryRun: boolean }) =>
      dryRun ? planReplay({ ...flags, places }) : replayLetters({ ...flags, places }),
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
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .addOption(new Option('--code <codes...>', 'only letters with these codes').choices(DEAD_LETTER_CODES))
    .option(
      '--from <time>',
      'only events that were sent to Kafka at this time or later: an instant in ISO 8601, or a local day',
    )
    .option('--to <time>', 'only events that were sent to Kafka at this time or earlier; a local day is included')
    .option('--partition <n...>', 'only events of these partitions of their topic', several(count))
    .option('--offset <n...>', 'only events with these offsets in their topic: 41, or 41-60', several(offsets))
    .option('--json', 'print JSON', false);
}

async function listLetters(flags: Flags & { readonly limit: number; readonly all: boolean }): Promise<void> {
  const { kafka, pipeline } = await load(flags.pipeline);
  const select = selectionOf(flags, pipeline.timeZone);
  const shown: DeadLetter[] = [];
  let total = 0;
  const byCode: Record<string, number> = {};
  for await (const letter of deadLetters(kafka, pipeline, flags)) {
    if (!select(letter)) continue;
    total++;
    byCode[letter.code] = (byCode[letter.code] ?? 0) + 1;
    if (shown.length < flags.limit) shown.push(letter);
  }
  const topic = deadLetterTopicOf(pipeline);
  if (flags.json) {
    printJson({ topic, total, byCode, letters: shown.map(readableLetter) });
    return;
  }
  letterTable(shown).forEach(print);
  print(`${total} dead letters in ${topic}${describeByCode(byCode)}`);
}

async function planReplay(flags: Flags): Promise<void> {
  const { config, kafka, pipeline } = await load(flags.pipeline);
  const select = selectionOf(flags, pipeline.timeZone);
  const eventTimes = await openEventTimes(pipeline);
  try {
    const byCode: Record<string, number> = {};
    const times: (Date | undefined)[] = [];
    let values: (Buffer | null)[] = [];
    const readTimes = async (): Promise<void> => {
      times.push(...(await eventTimes.of(values)));
      values = [];
    };
    let [truncated, notSelected] = [0, 0];
    for await (const letter of deadLetters(kafka, pipeline, { all: false })) {
      if (!select(letter)) notSelected += 1;
      else if (letter.truncatedFrom !== undefined) truncated += 1;
      else {
        byCode[letter.code] = (byCode[letter.code] ?? 0) + 1;
        if (values.push(letter.value) === READ_AT_ONCE) await readTimes();
      }
    }
    await readTimes();
    const until = await sealedUntil(config, pipeline);
    const days = lettersByDay(times, pipeline, until);
    const plan = { selected: times.length, byCode, truncated, notSelected, ...sealOf(until), days };
    if (flags.json) printJson(plan);
    else describePlan(pipeline, plan).forEach(print);
  } finally {
    eventTimes.close();
  }
}

async function replayLetters(flags: Flags & { readonly wait: number }): Promise<void> {
  const config = readConfig();
  const { kafka } = config;
  // Where the folder is broken, its topics may be others than those of the layer that runs.
  const { pipeline } = await loadPipelineNamed(config.pipelines, flags.pipeline);
  const select = selectionOf(flags, pipeline.timeZone);
  const { times, ...replay } = await replayDeadLetters(kafka, pipeline, flags.wait, select);
  const until = await sealedUntil(config, pipeline);
  const days = lettersByDay(times, pipeline, until);
  if (replay.failed.length > 0 || (!replay.settled && flags.wait > 0)) process.exitCode = 1;
  const outcome = { ...replay, ...sealOf(until), days, recompute: recomputes(pipeline.name, days) };
  if (flags.json) printJson({ ...outcome, failed: replay.failed.map(readableLetter) });
  else describeReplay(pipeline, outcome, flags.wait).forEach(print);
}

/** For programs, which know no undefined. */
function sealOf(until: string | null | undefined) {
  return { druidAnswered: until !== undefined, sealedUntil: until ?? null };
}

async function load(name: string) {
  const config = readConfig();
  const pipeline = await readSettingsNamed(config, name);
  return { config, kafka: config.kafka, pipeline };
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
