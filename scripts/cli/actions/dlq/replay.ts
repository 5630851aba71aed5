import { loadPipelineNamed } from '../../../../engines/load-pipeline';
import { openEventTimes } from '../../../../engines/rule/event-times';
import { readConfig } from '../../../../worker/config';
import { deadLetters } from '../../../operate/dlq/dead-letters';
import { lettersByDay, recomputes } from '../../../operate/dlq/event-days';
import { replayDeadLetters } from '../../../operate/dlq/replay';
import { sealedUntil } from '../../../operate/dlq/sealed-until';
import { type SelectionOptions, selectionOf } from '../../../operate/dlq/selection';
import { readSettingsNamed } from '../../../operate/pipeline-folder';
import { describePlan, describeReplay, readableLetter } from '../../../output/describe/describe-letters';
import { print, printJson } from '../../../output/print';

/** Letters whose times are read at once. A letter may have 900,000 bytes. */
const READ_AT_ONCE = { letters: 1_000, bytes: 4 * 1024 ** 2 };

export interface ReplayFlags extends SelectionOptions {
  readonly pipeline: string;
  /** Seconds. */
  readonly wait: number;
  readonly dryRun: boolean;
  readonly json: boolean;
}

export async function run({ dryRun, ...flags }: ReplayFlags): Promise<void> {
  await (dryRun ? planReplay(flags) : replayLetters(flags));
}

async function planReplay(flags: Omit<ReplayFlags, 'dryRun'>): Promise<void> {
  const config = readConfig();
  const pipeline = await readSettingsNamed(config, flags.pipeline);
  const select = selectionOf(flags, pipeline.timeZone);
  const eventTimes = await openEventTimes(pipeline);
  try {
    const byCode: Record<string, number> = {};
    const times: (Date | undefined)[] = [];
    let values: (Buffer | null)[] = [];
    let bytes = 0;
    const readTimes = async (): Promise<void> => {
      times.push(...(await eventTimes.of(values)));
      values = [];
      bytes = 0;
    };
    let [truncated, notSelected] = [0, 0];
    for await (const letter of deadLetters(config.kafka, pipeline, { all: false })) {
      if (!select(letter)) notSelected += 1;
      else if (letter.truncatedFrom !== undefined) truncated += 1;
      else {
        byCode[letter.code] = (byCode[letter.code] ?? 0) + 1;
        values.push(letter.value);
        bytes += letter.value?.length ?? 0;
        if (values.length === READ_AT_ONCE.letters || bytes >= READ_AT_ONCE.bytes) await readTimes();
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

async function replayLetters(flags: Omit<ReplayFlags, 'dryRun'>): Promise<void> {
  const config = readConfig();
  // If the folder is broken, its topics may differ from those of the running layer.
  const { pipeline } = await loadPipelineNamed(config.pipelines, flags.pipeline);
  const select = selectionOf(flags, pipeline.timeZone);
  const { times, failure, ...replay } = await replayDeadLetters(config.kafka, pipeline, flags.wait, select);
  const until = await sealedUntil(config, pipeline);
  const days = lettersByDay(times, pipeline, until);
  if (replay.failed.length > 0 || replay.tooLarge.length > 0 || (!replay.settled && flags.wait > 0))
    process.exitCode = 1;
  const outcome = { ...replay, ...sealOf(until), days, recompute: recomputes(pipeline.name, days) };
  const tooLarge = replay.tooLarge.map(({ partition, offset, origin, bytes }) => ({
    partition,
    offset,
    origin,
    bytes,
  }));
  if (flags.json) printJson({ ...outcome, tooLarge, failed: replay.failed.map(readableLetter) });
  else describeReplay(pipeline, { ...outcome, ...(failure && { failure }) }, flags.wait).forEach(print);
  if (failure !== undefined) throw failure;
}

/** For programs: JSON has no undefined. */
function sealOf(until: string | null | undefined) {
  return { druidAnswered: until !== undefined, sealedUntil: until ?? null };
}
