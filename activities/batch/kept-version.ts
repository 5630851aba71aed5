import { basename } from 'node:path';
import type { BuiltDay, DayPlan } from '../../domain/daily-batch';
import { DaybreakError } from '../../domain/errors';
import { keptVersions, servedVersions } from '../../engines/kept-versions';
import { republishVersion } from '../../engines/published-day';
import { outputFolder, readBuiltDay } from './built-day';
import type { BatchDependencies } from './dependencies';

export function createRestoreActivities({ data }: BatchDependencies) {
  return {
    /**
     * The full name of a kept version of the day; 'previous' is the one that Druid served before the one it serves.
     * Throws NOT_BUILT where it is not kept.
     */
    async chooseVersion(plan: DayPlan, wanted: string): Promise<string> {
      const output = outputFolder(data, plan.pipeline);
      const current = basename((await readBuiltDay(output, plan.date)).folder);
      const versions = await keptVersions(output, plan.date);
      const [served, before] = await servedVersions(output, plan.date);
      const chosen = wanted === 'previous' ? before : versions.find((version) => version === wanted);
      if (chosen !== undefined) return chosen;
      const notes = (version: string): string[] => [
        ...(version === served ? ['served by Druid'] : []),
        ...(version === current ? ['built last'] : []),
      ];
      const all = versions.map((version) => [version, ...notes(version).map((note) => `(${note})`)].join(' '));
      throw new DaybreakError('NOT_BUILT', {
        what: `${output} keeps no ${wanted} version of ${plan.date}, only ${all.join(', ')}`,
        remedy: 'Give one of these as --version; retention.outputs in pipeline.yaml says how many are kept.',
      });
    },

    /** Makes a kept version the day's published one again. */
    async republish(plan: DayPlan, version: string): Promise<BuiltDay> {
      const output = outputFolder(data, plan.pipeline);
      await republishVersion(output, plan.date, version);
      return readBuiltDay(output, plan.date);
    },
  };
}
