import type { BusinessDate } from '../../../../domain/business-date';
import { readConfig } from '../../../../worker/config';
import { readSettingsNamed } from '../../../operate/pipeline-folder';
import { listQuarantine } from '../../../operate/quarantine';
import { shownDays } from '../../../operate/shown-days';
import { describeQuarantineList } from '../../../output/describe/describe-quarantine';
import { print, printJson, progress } from '../../../output/print';

export interface ListOptions {
  readonly pipeline: string;
  readonly from?: BusinessDate;
  readonly to?: BusinessDate;
  readonly json: boolean;
}

export async function run({ pipeline: name, from, to, json }: ListOptions): Promise<void> {
  const config = readConfig();
  const pipeline = await readSettingsNamed(config, name);
  const dates = shownDays(pipeline, { ...(from && { from }), ...(to && { to }) });
  const list = await listQuarantine(config, pipeline, dates);
  if (json) printJson({ pipeline: name, from: dates[0], to: dates.at(-1), ...list });
  else describeQuarantineList(pipeline, list).forEach(print);
  const { failures = [] } = list;
  for (const { date, code, what, remedy } of failures) {
    progress(`! ${date}: ${code} ${what}`);
    progress(`→ ${remedy}`);
  }
  if (failures.length > 0) process.exitCode = 1;
}
