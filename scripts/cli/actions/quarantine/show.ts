import type { BusinessDate } from '../../../../domain/business-date';
import { readConfig } from '../../../../worker/config';
import { readSettingsNamed } from '../../../operate/pipeline-folder';
import { showQuarantine, type RecordSelection } from '../../../operate/quarantine';
import { describeQuarantine } from '../../../output/describe/describe-quarantine';
import { print, printJson } from '../../../output/print';
import { columnsOf } from '../../../output/terminal';

export interface ShowOptions extends RecordSelection {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly json: boolean;
}

export async function run({ pipeline: name, date, json, ...selection }: ShowOptions): Promise<void> {
  const config = readConfig();
  const pipeline = await readSettingsNamed(config, name);
  const day = await showQuarantine(config, pipeline, date, selection);
  if (json) printJson({ pipeline: name, ...day });
  else describeQuarantine(pipeline, day, columnsOf('stdout')).forEach(print);
}
