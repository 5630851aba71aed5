import { namedOutputPlace } from '../../../../activities/batch/built-day';
import type { BusinessDate } from '../../../../domain/business-date';
import { withOutput } from '../../../../engines/versions/open-output';
import { versionToRestore } from '../../../../engines/versions/restorable-version';
import { readConfig } from '../../../../worker/config';
import { temporalUi, withClient } from '../../../../worker/connect';
import { followDay, requireRunnable, startDay } from '../../../operate/run-day';
import { describeDay } from '../../../output/describe/describe-day';
import { whileItGoesOn } from '../../../output/going-on';
import { workflowUrl } from '../../../../domain/workflow-url';
import { print, printJson, progress } from '../../../output/print';

export interface RestoreOptions {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly version: string;
  readonly json: boolean;
}

export async function run({ pipeline, date, version, json }: RestoreOptions): Promise<void> {
  const config = readConfig();
  await requireRunnable(config, pipeline, date);
  await withOutput(await namedOutputPlace(config.pipelines, config.data, pipeline), date, async (output) => {
    // The run checks this again. It also finds a version that is only on the worker's machine.
    if ((await output.keptVersions()).length > 0) await versionToRestore(output, pipeline, version);
  });
  await withClient(config, async (client) => {
    const started = await startDay(client, { pipeline, date, restore: version });
    // Not by `batch run`: once the restore has ended, that would recompute the day.
    const how = `Follow it, or cancel it, in the Temporal UI: ${workflowUrl(temporalUi(config), started.handle.workflowId)}`;
    const result = await whileItGoesOn(how, () => followDay(started, progress));
    if (json) printJson(result);
    else describeDay(result).forEach(print);
  });
}
