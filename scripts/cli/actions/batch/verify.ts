import type { BusinessDate } from '../../../../domain/business-date';
import { counted, numeral } from '../../../../domain/counted';
import { describeProof, isRolledUp } from '../../../../domain/proof-kind';
import { readConfig } from '../../../../worker/config';
import { runAgain } from '../../../operate/remedies';
import { verifyDay, type VerifiedDay } from '../../../operate/verify-day';
import { print, printJson } from '../../../output/print';
import { ProgressLine } from '../../../output/progress-line';
import type { Line } from '../../../output/safe-text';
import { table } from '../../../output/table';

export interface VerifyOptions {
  readonly pipeline: string;
  readonly date: BusinessDate;
  readonly json: boolean;
}

export async function run({ pipeline, date, json }: VerifyOptions): Promise<void> {
  const line = new ProgressLine();
  const report = (done: string): void => {
    line.show(`compared ${done}`);
  };
  const verified = await verifyDay(readConfig(), pipeline, date, report).finally(() => {
    line.end();
  });
  if (json) printJson(verified);
  else describe(verified).forEach(print);
}

function describe(verified: VerifiedDay): Line[] {
  const { pipeline, date, datasource, version, segments, hours, kind, build, notServed } = verified;
  const served =
    segments === 0
      ? ': the day has none, and no segment'
      : `, from ${counted(segments, 'segment')}, the latest of version ${version}`;
  const rolledUp = isRolledUp(kind);
  const unit = rolledUp ? ' events' : '';
  return [
    table([
      ['hour', `batch${unit}`, `Druid${unit}`, ...(rolledUp ? ['stored rows'] : []), 'checksum of both'],
      ...hours.map(({ hour, batchRows, druidRows, druidStored = 0, druidChecksum }) => [
        hour,
        numeral(batchRows),
        numeral(druidRows),
        ...(rolledUp ? [numeral(druidStored)] : []),
        druidChecksum,
      ]),
    ]),
    `proven ${describeProof(kind)}: ${datasource} serves the published rows of ${pipeline} ${date} in every hour${served}`,
    ...(notServed === undefined
      ? []
      : [
          `Druid serves the build ${build}; the last build, ${notServed}, did not replace the day`,
          `→ To replace it: ${runAgain(pipeline, date)}`,
        ]),
  ];
}
