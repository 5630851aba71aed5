import type { BuiltDay, DayPlan } from '../../domain/daily-batch';
import { republishVersion } from '../../engines/versions/published-day';
import { versionToRestore } from '../../engines/versions/restorable-version';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import { folderWithin } from '../../clients/storage/local/safe-path';
import { readBuiltDay } from './built-day';
import type { BatchDependencies } from './dependencies';

export function createRestoreActivities({ data }: BatchDependencies) {
  return {
    /**
     * The full name of a kept version of the day. 'previous' is the version that Druid served before the current one.
     * Throws NOT_BUILT if it is not kept.
     */
    async chooseVersion(plan: DayPlan, wanted: string): Promise<string> {
      const day = parseInput(dayInput, plan, 'chooseVersion');
      const version = parseInput(shortText, wanted, 'chooseVersion');
      return versionToRestore(await folderWithin(data, day.pipeline, 'output'), day, version);
    },

    /** Makes a kept version the day's published one again. */
    async republish(plan: DayPlan, version: string): Promise<BuiltDay> {
      const { pipeline, date } = parseInput(dayInput, plan, 'republish');
      const output = await folderWithin(data, pipeline, 'output');
      await republishVersion(output, date, parseInput(shortText, version, 'republish'));
      return readBuiltDay(output, date);
    },
  };
}
