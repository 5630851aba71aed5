import type { DeadLetter } from '../../../../activities/speed/dead-letter';
import { deadLetterTopicOf } from '../../../../domain/pipeline';
import { readConfig } from '../../../../worker/config';
import { deadLetters } from '../../../operate/dlq/dead-letters';
import { type SelectionOptions, selectionOf } from '../../../operate/dlq/selection';
import { readSettingsNamed } from '../../../operate/pipeline-folder';
import { describeTotal, letterTable, readableLetter } from '../../../output/describe/describe-letters';
import { print, printJson } from '../../../output/print';

export interface ListFlags extends SelectionOptions {
  readonly pipeline: string;
  readonly limit: number;
  readonly all: boolean;
  readonly json: boolean;
}

export async function run(flags: ListFlags): Promise<void> {
  const config = readConfig();
  const pipeline = await readSettingsNamed(config, flags.pipeline);
  const select = selectionOf(flags, pipeline.timeZone);
  const shown: DeadLetter[] = [];
  let total = 0;
  const byCode: Record<string, number> = {};
  for await (const letter of deadLetters(config.kafka, pipeline, flags)) {
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
  print(describeTotal({ topic, total, byCode, shown: shown.length }));
}
