import { expectedInputs, selectDays, type ExpectedInput } from '../../../activities/operate/select-days';
import {
  backfillId,
  type BackfillInput,
  type BackfillResult,
  type BackfillSelection,
  type DayOutcome,
} from '../../../domain/backfill';
import type { BusinessDate } from '../../../domain/business-date';
import { parsePipelineName } from '../../../domain/pipeline';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import { readConfig } from '../../../worker/config';
import { temporalUi, withClient } from '../../../worker/connect';
import { cancelBackfill, followBackfill, startBackfill } from '../../operate/backfill';
import { daysSummary, eachDay } from '../../output/days-progress';
import { whileItGoesOn } from '../../output/going-on';
import { workflowUrl } from '../../../domain/workflow-url';
import { print, printJson, progress } from '../../output/print';
import type { Line } from '../../output/safe-text';
import { table } from '../../output/table';

export interface BackfillOptions {
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

export async function run({ dryRun, wait, watch, cancel, json, ...range }: BackfillOptions): Promise<void> {
  const config = readConfig();
  // A backfill of a pipeline whose folder is gone or broken can still be cancelled.
  if (cancel) parsePipelineName(range.pipeline);
  else await loadPipelineNamed(config.pipelines, range.pipeline);
  await withClient(config, async (client) => {
    if (cancel) {
      const workflowId = await cancelBackfill(client, range);
      if (json) printJson({ workflowId, done: 'cancel requested' });
      else print(`${workflowId}: cancel requested; its running days end first`);
      return;
    }
    // Also before a start: a wrong range then fails here, with exit code 2, and not in a workflow.
    const selected = await selectDays(client, config, range);
    if (dryRun) {
      const found = await expectedInputs(config, range.pipeline, selected);
      const workflowId = backfillId(range.pipeline, range.from, range.to);
      if (json) printJson({ workflowId, days: selected, ...marked(found) });
      else describePlan(range, found).forEach(print);
      return;
    }
    const started = await startBackfill(client, range);
    const url = workflowUrl(temporalUi(config), started.handle.workflowId);
    if (started.joined) {
      const follows = wait ? '. This command follows it,' : ',';
      progress(`A backfill of this range runs already${follows} with the options that it was started with.`);
    }
    if (!wait) {
      if (json) printJson({ workflowId: started.handle.workflowId, joined: started.joined });
      else print(`${started.joined ? 'Joined' : 'Started'} ${started.handle.workflowId}: ${url}`);
      return;
    }
    progress(`${started.handle.workflowId}: ${url}`);
    const shown = watch ? eachDay() : daysSummary();
    const on = commandOf(range);
    // With its options: if the backfill has ended by then, the command starts one.
    const how = `Follow it again: ${on} --only ${range.only} --parallel ${range.parallel}. Cancel it: ${on} --cancel`;
    const follow = () => followBackfill(started, shown).finally(shown.end);
    const result = await whileItGoesOn(how, follow, shown.end);
    if (json) printJson(result);
    else describeResult(result).forEach(print);
    if (result.failed.length > 0) process.exitCode = 1;
  });
}

function commandOf({ pipeline, from, to }: Pick<BackfillInput, 'pipeline' | 'from' | 'to'>): string {
  return `npx daybreak backfill --pipeline ${pipeline} --from ${from} --to ${to}`;
}

function describePlan({ pipeline, only, parallel }: BackfillInput, days: readonly ExpectedInput[]): string[] {
  const { withoutInput } = marked(days);
  const refused = withoutInput.length === 0 ? '' : `; ${withoutInput.length} of them would be refused for NO_INPUT`;
  return [
    ...days.map(describeInput),
    `${days.length}${only === 'all' ? '' : ` ${only ?? 'missing'}`} ${days.length === 1 ? 'day' : 'days'} of ${pipeline} would run, ${parallel ?? 1} at once${refused}; nothing was started`,
  ];
}

function describeInput({ date, input, settlesAt = '' }: ExpectedInput): string {
  switch (input) {
    case 'settled':
      return date;
    case 'none':
      return `${date}  has no input files`;
    case 'unsettled':
      return `${date}  would wait: its input files have not settled before ${settlesAt}`;
    case 'unknown':
      return `${date}  its input files cannot be listed`;
  }
}

/** The days that would not run at once, for programs. */
function marked(days: readonly ExpectedInput[]) {
  const dates = (wanted: ExpectedInput['input']): BusinessDate[] =>
    days.filter(({ input }) => input === wanted).map(({ date }) => date);
  return { withoutInput: dates('none'), notSettled: dates('unsettled') };
}

function describeResult({ requested, completed, replaced, failed, ...range }: BackfillResult): Line[] {
  return [
    ...(failed.length === 0 ? [] : [table([['day', 'outcome', 'why'], ...failed.map(cellsOf)])]),
    `requested ${requested} = completed ${completed}: ${replaced} replaced, ${failed.length} failed`,
    // The same command would not do: a day that was built and not replaced has not changed since.
    ...(failed.length === 0
      ? []
      : [`→ docs/troubleshooting.md has each code; then run ${commandOf(range)} --only failed`]),
  ];
}

function cellsOf({ date, outcome, reason = '' }: DayOutcome): string[] {
  return [date, outcome, reason];
}
