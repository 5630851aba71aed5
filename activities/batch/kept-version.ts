import type { BuiltDay, DayPlan } from '../../domain/daily-batch';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import { withOutput } from '../../engines/versions/open-output';
import { versionToRestore } from '../../engines/versions/restorable-version';
import { withHeartbeats } from '../heartbeat';
import { namedOutputPlace, readBuiltDay } from './built-day';
import type { BatchDependencies } from './dependencies';

export function createRestoreActivities({ data, pipelines }: BatchDependencies) {
  return {
    /**
     * The full name of a kept version of the day. 'previous' is the version that Druid served before the current one.
     * Throws NOT_BUILT if it is not kept.
     */
    async chooseVersion(plan: DayPlan, wanted: string): Promise<string> {
      const { pipeline, date } = parseInput(dayInput, plan, 'chooseVersion');
      const version = parseInput(shortText, wanted, 'chooseVersion');
      return withHeartbeats('choosing the version', async () =>
        withOutput(await namedOutputPlace(pipelines, data, pipeline), date, (output) =>
          versionToRestore(output, pipeline, version),
        ),
      );
    },

    /** Makes a kept version the day's published one again. */
    async republish(plan: DayPlan, version: string): Promise<BuiltDay> {
      const { pipeline, date } = parseInput(dayInput, plan, 'republish');
      const name = parseInput(shortText, version, 'republish');
      return withHeartbeats('publishing the version', async () =>
        withOutput(await namedOutputPlace(pipelines, data, pipeline), date, async (output) => {
          await output.republish(name);
          return readBuiltDay(output, pipeline);
        }),
      );
    },
  };
}
