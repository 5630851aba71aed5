import { basename } from 'node:path';
import type { BusinessDate } from '../../domain/business-date';
import { DaybreakError } from '../../domain/errors';
import { ignoreMissing } from '../../clients/storage/local/fs-errors';
import { keptVersions, servedVersions } from './kept-versions';
import { currentVersion } from './published-day';

export interface DayOfPipeline {
  readonly pipeline: string;
  readonly date: BusinessDate;
}

/** Whether this machine sees versions of the day in the output folder. A worker elsewhere has its own. */
export async function hasVersions(output: string, { date }: DayOfPipeline): Promise<boolean> {
  const kept = await keptVersions(output, date).catch(ignoreMissing);
  return kept !== undefined && kept.length > 0;
}

/**
 * The full name of a kept version of the day; 'previous' is the one that Druid served before the current one. Throws
 * NOT_BUILT if it is not kept; the remedy lists the kept versions.
 */
export async function versionToRestore(output: string, day: DayOfPipeline, wanted: string): Promise<string> {
  const { pipeline, date } = day;
  const on = `--pipeline ${pipeline} --date ${date}`;
  if (!(await hasVersions(output, day))) {
    throw new DaybreakError('NOT_BUILT', {
      what: `${output} keeps no version of ${date}`,
      remedy: `Recompute the day: npx daybreak batch run ${on}`,
    });
  }
  const versions = await keptVersions(output, date);
  const [served, before] = await servedVersions(output, date);
  const chosen = wanted === 'previous' ? before : versions.find((version) => version === wanted);
  if (chosen !== undefined) return chosen;

  const current = await currentVersion(output, date);
  const notes = (version: string): string[] => [
    ...(version === served ? ['served by Druid'] : []),
    ...(current !== undefined && version === basename(current) ? ['built last'] : []),
  ];
  const listed = versions.map((version) => [version, ...notes(version).map((note) => `(${note})`)].join(' '));
  const other = versions.find((version) => version !== served);
  throw new DaybreakError('NOT_BUILT', {
    what:
      wanted === 'previous'
        ? `${output} keeps no version of ${date} that Druid served before`
        : `${output} keeps no version '${wanted}' of ${date}`,
    remedy:
      `These are kept, as many as retention.outputs says: ${listed.join(', ')}. ` +
      (other === undefined
        ? 'There is no other to bring back.'
        : `Name one: npx daybreak batch restore ${on} --version ${other}`),
  });
}
