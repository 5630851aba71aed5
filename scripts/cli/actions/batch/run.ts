import type { BusinessDate } from '../../../../domain/business-date';
import type { Acceptance } from '../../../../domain/gate';
import { readConfig } from '../../../../worker/config';
import { temporalUi, withClient } from '../../../../worker/connect';
import { followDay, joinedWarning, requireRunnable, runCommand, startDay } from '../../../operate/run-day';
import { describeDay } from '../../../output/describe/describe-day';
import { whileItGoesOn } from '../../../output/going-on';
import { workflowUrl } from '../../../../domain/workflow-url';
import { print, printJson, progress } from '../../../output/print';

export interface RunOptions {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly force: boolean;
  readonly accept: readonly Acceptance[];
  readonly wait: boolean;
  readonly json: boolean;
}

export async function run({ pipeline, date, force, accept, wait, json }: RunOptions): Promise<void> {
  const config = readConfig();
  const input = { pipeline, date, force, accept };
  await requireRunnable(config, pipeline, date);
  await withClient(config, async (client) => {
    const started = await startDay(client, input);
    const { workflowId } = started.handle;
    if (started.joined !== undefined) progress(joinedWarning(started.joined, input));
    if (wait) {
      // With its options: if the run has ended by then, the command starts one.
      const how = `Follow it again: ${runCommand(input)}. Cancel it in the Temporal UI: ${workflowUrl(temporalUi(config), workflowId)}`;
      const result = await whileItGoesOn(how, () => followDay(started, progress));
      if (json) printJson(result);
      else describeDay(result).forEach(print);
    } else if (json) {
      printJson({ workflowId, joined: started.joined !== undefined });
    } else {
      print(
        `${started.joined === undefined ? 'Started' : 'Joined'} ${workflowId}: ${workflowUrl(temporalUi(config), workflowId)}`,
      );
    }
  });
}
