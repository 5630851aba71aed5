import type { BuiltDay, DayPlan } from '../../domain/daily-batch';
import { republishVersion } from '../../engines/published-day';
import { versionToRestore } from '../../engines/restorable-version';
import { outputFolder, readBuiltDay } from './built-day';
import type { BatchDependencies } from './dependencies';

export function createRestoreActivities({ data }: BatchDependencies) {
  return {
    /**
     * The full name of a kept version of the day; 'previous' is the one that Druid served before the one it serves.
     * Throws NOT_BUILT where it is not kept.
     */
    async chooseVersion(plan: DayPlan, wanted: string): Promise<string> {
      return versionToRestore(outputFolder(data, plan.pipeline), plan, wanted);
    },

    /** Makes a kept version the day's published one again. */
    async republish(plan: DayPlan, version: string): Promise<BuiltDay> {
      const output = outputFolder(data, plan.pipeline);
      await republishVersion(output, plan.date, version);
      return readBuiltDay(output, plan.date);
    },
  };
}
