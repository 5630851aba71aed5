import type { BuiltDay, DayPlan } from '../../domain/daily-batch';
import { dayInput, parseInput, shortText } from '../../domain/parse-input';
import { loadPipelineWithoutTables } from '../../engines/load-pipeline';
import { readState } from '../../engines/versions/build-state';
import { withOutput } from '../../engines/versions/open-output';
import { versionToRestore } from '../../engines/versions/restorable-version';
import { requireReadable } from '../../engines/versions/row-form';
import { withHeartbeats } from '../heartbeat';
import { namedOutputPlace, outputPlaceIn, readBuiltDay } from './built-day';
import type { BatchDependencies } from './dependencies';

export function createRestoreActivities({ data, pipelines }: BatchDependencies) {
  return {
    /**
     * The full name of a kept version of the day. 'previous' is the version that Druid served before the current one.
     * Throws NOT_BUILT if it is not kept, and UNREADABLE_VERSION if Druid would not get the rows back that it was.
     */
    async chooseVersion(plan: DayPlan, wanted: string): Promise<string> {
      const { pipeline, date } = parseInput(dayInput, plan, 'chooseVersion');
      const version = parseInput(shortText, wanted, 'chooseVersion');
      return withHeartbeats('choosing the version', async () => {
        const loaded = await loadPipelineWithoutTables(pipelines, pipeline);
        return withOutput(await outputPlaceIn(data, loaded.pipeline), date, async (output) => {
          const chosen = await versionToRestore(output, pipeline, version);
          const form = (await readState(output, chosen))?.form;
          requireReadable(form, loaded, { pipeline, date, version: chosen }, { isWhole: true });
          return chosen;
        });
      });
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
