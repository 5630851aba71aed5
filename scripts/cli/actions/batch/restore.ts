import { outputFolder } from '../../../../activities/batch/built-day';
import type { BusinessDate } from '../../../../domain/business-date';
import { hasVersions, versionToRestore } from '../../../../engines/versions/restorable-version';
import { readConfig } from '../../../../worker/config';
import { withClient } from '../../../../worker/connect';
import { followDay, requireRunnable, startDay } from '../../../operate/run-day';
import { describeDay } from '../../../output/describe/describe-day';
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
  const output = outputFolder(config.data, pipeline);
  // The run checks this again. It also finds a version that is only on the worker's machine.
  if (await hasVersions(output, { pipeline, date })) await versionToRestore(output, { pipeline, date }, version);
  await withClient(config, async (client) => {
    const result = await followDay(await startDay(client, { pipeline, date, restore: version }), progress);
    if (json) printJson(result);
    else describeDay(result).forEach(print);
  });
}
