import { DaybreakError } from '../../domain/errors';
import type { DayOutput } from './day-output';

/**
 * The full name of a kept version of the day; 'previous' is the one that Druid served before the current one. Throws
 * NOT_BUILT if it is not kept; the remedy lists the kept versions.
 */
export async function versionToRestore(output: DayOutput, pipeline: string, wanted: string): Promise<string> {
  const { date, place } = output;
  const on = `--pipeline ${pipeline} --date ${date}`;
  const versions = await output.keptVersions();
  if (versions.length === 0) {
    throw new DaybreakError('NOT_BUILT', {
      what: `${place} keeps no version of ${date}`,
      remedy: `Recompute the day: npx daybreak batch run ${on}`,
    });
  }
  const [served, before] = await output.servedVersions();
  const chosen = wanted === 'previous' ? before : versions.find((version) => version === wanted);
  if (chosen !== undefined) return chosen;

  const current = await output.currentVersion();
  const notes = (version: string): string[] => [
    ...(version === served ? ['served by Druid'] : []),
    ...(version === current ? ['built last'] : []),
  ];
  const listed = versions.map((version) => [version, ...notes(version).map((note) => `(${note})`)].join(' '));
  const other = versions.find((version) => version !== served);
  throw new DaybreakError('NOT_BUILT', {
    what:
      wanted === 'previous'
        ? `${place} keeps no version of ${date} that Druid served before`
        : `${place} keeps no version '${wanted}' of ${date}`,
    remedy:
      `These are kept, as many as retention.outputs says: ${listed.join(', ')}. ` +
      (other === undefined
        ? 'There is no other to bring back.'
        : `Name one: npx daybreak batch restore ${on} --version ${other}`),
  });
}
