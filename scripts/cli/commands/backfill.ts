import { Command, InvalidArgumentError, Option } from 'commander';
import { selectDays } from '../../../activities/operate/select-days';
import {
  BACKFILL_SELECTIONS,
  backfillId,
  type BackfillInput,
  type BackfillProgress,
  type BackfillResult,
  type BackfillSelection,
  type DayOutcome,
} from '../../../domain/backfill';
import { parseBusinessDate, type BusinessDate } from '../../../domain/business-date';
import { parsePipelineName } from '../../../domain/pipeline';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { withClient } from '../../../worker/connect';
import { cancelBackfill, followBackfill, startBackfill } from '../../operate/backfill';
import { daysBar } from '../../output/days-bar';
import { workflowUrl } from '../../output/links';
import { print, printJson, progress } from '../../output/print';
import type { Line } from '../../output/safe-text';
import { table } from '../../output/table';

interface Options {
  readonly pipeline: string;
  readonly from: BusinessDate;
  readonly to: BusinessDate;
  readonly parallel: number;
  readonly only: BackfillSelection;
  readonly dryRun: boolean;
  readonly wait: boolean;
  readonly watch: boolean;
  readonly cancel: boolean;
  readonly json: boolean;
}

export function backfillCommand(): Command {
  const day = (flag: string, description: string): Option =>
    new Option(`${flag} <date>`, description).argParser(parseBusinessDate).makeOptionMandatory();
  return new Command('backfill')
    .description('recompute a range of days. The same call again does only what is left. Exits with 1 if a day failed')
    .addOption(day('--from', 'the first local day, YYYY-MM-DD'))
    .addOption(day('--to', 'the last local day, which is included'))
    .option('--pipeline <name>', 'name of the pipeline', 'events')
    .option('--parallel <n>', 'how many days run at once', days, 2)
    .addOption(
      new Option(
        '--only <days>',
        'days that were never replaced, whose last run failed, whose files or pipeline changed, or all days',
      )
        .choices(BACKFILL_SELECTIONS)
        .default('missing'),
    )
    .option('--dry-run', 'only list the days that would run', false)
    .option('--watch', 'show each day as it ends', false)
    .option('--no-wait', 'start it and return at once')
    .option('--cancel', 'cancel the running backfill of this range, with its running days', false)
    .option('--json', 'print JSON', false)
    .action(run);
}

async function run({ dryRun, wait, watch, cancel, json, ...range }: Options): Promise<void> {
  const config = readConfig();
  // What is gone or broken can still be cancelled.
  if (cancel) parsePipelineName(range.pipeline);
  else await loadPipelineNamed(config.pipelines, range.pipeline);
  await withClient(config, async (client) => {
    if (cancel) {
      const workflowId = await cancelBackfill(client, range);
      if (json) printJson({ workflowId, done: 'cancel requested' });
      else print(`${workflowId}: cancel requested; its running days end first`);
      return;
    }
    // Also before a start: a wrong range fails here, with exit code 2, and not in a workflow.
    const selected = await selectDays(client, config, range);
    if (dryRun) {
      if (json) printJson({ workflowId: backfillId(range.pipeline, range.from, range.to), days: selected });
      else describePlan(range, selected).forEach(print);
      return;
    }
    const started = await startBackfill(client, range);
    const url = workflowUrl(config, started.handle.workflowId);
    if (started.joined)
      progress(
        'A backfill of this range runs already. This command follows it, with the options that it was started with.',
      );
    if (!wait) {
      if (json) printJson({ workflowId: started.handle.workflowId, joined: started.joined });
      else print(`Started ${started.handle.workflowId}: ${url}`);
      return;
    }
    progress(`${started.handle.workflowId}: ${url}`);
    const shown = watch && !json ? eachDay() : bar();
    const result = await followBackfill(started, shown.show).finally(shown.end);
    if (json) printJson(result);
    else describeResult(result).forEach(print);
    if (result.failed.length > 0) process.exitCode = 1;
  });
}

function describePlan({ pipeline, only, parallel }: BackfillInput, selected: readonly BusinessDate[]): string[] {
  return [
    ...selected,
    `${selected.length} ${only ?? ''} days of ${pipeline} would run, ${parallel ?? 1} at once; nothing was started`,
  ];
}

function describeResult({ requested, completed, replaced, failed }: BackfillResult): Line[] {
  return [
    ...(failed.length === 0 ? [] : [table([['day', 'outcome', 'why'], ...failed.map(cellsOf)])]),
    `requested ${requested} = completed ${completed}: ${replaced} replaced, ${failed.length} failed`,
    ...(failed.length === 0 ? [] : ['→ docs/troubleshooting.md has each code; then run the same command again']),
  ];
}

function cellsOf({ date, outcome, reason = '' }: DayOutcome): string[] {
  return [date, outcome, reason.length > 90 ? `${reason.slice(0, 89)}…` : reason];
}

interface Shown {
  readonly show: (progress: BackfillProgress) => void;
  readonly end: () => void;
}

/** One line that fills on a terminal; elsewhere a line whenever a day is over. */
function bar(): Shown {
  if (!process.stderr.isTTY) {
    let last = -1;
    return {
      show: ({ requested, completed, failed, running }) => {
        if (requested === undefined || completed === last) return;
        last = completed;
        progress(`${completed} of ${requested} days, ${failed.length} failed; running: ${running.join(' ')}`);
      },
      end: () => undefined,
    };
  }
  return daysBar();
}

/** A line for each day that begins, ends or fails. */
function eachDay(): Shown {
  const told = new Set<string>();
  const once = (line: string): void => {
    if (!told.has(line)) progress(line);
    told.add(line);
  };
  return {
    show: ({ requested, completed, running, failed }) => {
      for (const date of running) once(`${date} is running`);
      for (const { date, outcome, reason = '' } of failed) once(`${date} ${outcome} ${reason}`);
      if (requested !== undefined) once(`${completed} of ${requested} days are done`);
    },
    end: () => undefined,
  };
}

function days(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 100) throw new InvalidArgumentError('Give a number, 1 to 100.');
  return value;
}
