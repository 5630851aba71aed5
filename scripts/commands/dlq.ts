import { Command, InvalidArgumentError } from 'commander';
import type { DeadLetter } from '../../activities/speed/dead-letter';
import { deadLetterTopicOf } from '../../domain/pipeline';
import { loadPipelineNamed } from '../../engines/pipeline-folder';
import { readConfig } from '../../worker/config';
import { deadLetters } from '../dlq/dead-letters';
import { replayDeadLetters } from '../dlq/replay';
import { print, printJson } from '../output/print';
import { table } from '../output/table';

interface Flags {
  readonly pipeline: string;
  readonly json: boolean;
}

const SHOWN_CHARACTERS = 60;

export function dlqCommand(): Command {
  const list = new Command('list')
    .description('show the events that the speed layer turned away, and why')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--limit <n>', 'at most so many', count, 50)
    .option('--all', 'also those that were replayed', false)
    .option('--json', 'print JSON', false)
    .action(listLetters);
  const replay = new Command('replay')
    .description('send them through the speed layer once more, and show which failed again')
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--wait <seconds>', 'how long to wait for the speed layer', count, 30)
    .option('--json', 'print JSON', false)
    .action(replayLetters);
  return new Command('dlq').description('dead letters of the speed layer').addCommand(list).addCommand(replay);
}

async function listLetters(flags: Flags & { readonly limit: number; readonly all: boolean }): Promise<void> {
  const { kafka, pipeline } = await load(flags.pipeline);
  const shown: DeadLetter[] = [];
  let total = 0;
  const byCode = new Map<string, number>();
  for await (const letter of deadLetters(kafka, pipeline, flags)) {
    total++;
    byCode.set(letter.code, (byCode.get(letter.code) ?? 0) + 1);
    if (shown.length < flags.limit) shown.push(letter);
  }
  if (flags.json) {
    printJson({
      topic: deadLetterTopicOf(pipeline),
      total,
      byCode: Object.fromEntries(byCode),
      letters: shown.map(readable),
    });
    return;
  }
  printLetters(shown);
  const codes = [...byCode].map(([code, number]) => `${number} ${code}`).join(', ');
  print(`${total} dead letters in ${deadLetterTopicOf(pipeline)}${codes === '' ? '' : `: ${codes}`}`);
}

async function replayLetters(flags: Flags & { readonly wait: number }): Promise<void> {
  const { kafka, pipeline } = await load(flags.pipeline);
  const { replayed, truncated, settled, failed } = await replayDeadLetters(kafka, pipeline, flags.wait);
  if (flags.json) {
    printJson({ replayed, truncated, settled, failed: failed.map(readable) });
    return;
  }
  print(`${replayed} dead letters sent to ${pipeline.kafka.topic} again`);
  if (truncated > 0) print(`${truncated} left out: only the beginning of their values was kept`);
  if (!settled) {
    print(`The speed layer had not read them all after ${flags.wait} s: see npx daybreak speed status, then dlq list`);
  }
  printLetters(failed);
  if (replayed > 0 && settled) print(`${replayed - failed.length} went through, ${failed.length} failed again`);
}

async function load(name: string) {
  const config = readConfig();
  const { pipeline } = await loadPipelineNamed(config.pipelines, name);
  return { kafka: config.kafka, pipeline };
}

function printLetters(letters: readonly DeadLetter[]): void {
  if (letters.length === 0) return;
  const rows = letters.map(({ origin, timestamp, code, reason, value }) => [
    `${origin.topic}/${origin.partition}/${origin.offset}`,
    timestamp,
    code,
    cut(reason),
    cut(value?.toString() ?? 'null'),
  ]);
  print(table([['topic/partition/offset', 'timestamp', 'code', 'reason', 'value'], ...rows]));
}

function readable({ key, value, headers, ...letter }: DeadLetter): object {
  return {
    ...letter,
    key: key?.toString() ?? null,
    value: value?.toString() ?? null,
    headers: Object.fromEntries(headers.map((header) => [header.name, header.value?.toString() ?? null])),
  };
}

function cut(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS - 1)}…`;
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('Give a whole number, 0 or more.');
  return value;
}
