import type { SpeedLayerActivities } from '../../../activities';
import { describeActivities } from '../../output/describe/describe-activities';
import type { RunningActivity } from '../follow';

/** The workflow leaves its other activities behind. */
const AWAITED: readonly string[] = ['runSpeedShard', 'watchSupervisor'] satisfies (keyof SpeedLayerActivities)[];

/** What a pause or the end of the layer waits for, in one line. Empty if it waits for nothing. */
export function describeStillRunning(activities: readonly RunningActivity[]): string {
  return describeActivities(activities.filter(({ name }) => AWAITED.includes(name)));
}
