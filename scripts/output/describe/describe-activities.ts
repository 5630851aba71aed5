import type { BatchActivities, SpeedLayerActivities } from '../../../activities';
import type { OperateActivities } from '../../../activities/operate';
import { ACTIVITY_SUMMARIES } from '../../../domain/activity-summaries';
import type { RunningActivity } from '../../operate/follow';

type ActivityName = keyof (BatchActivities & SpeedLayerActivities & OperateActivities);
/** None may lack its words. */
const summaries: Readonly<Record<ActivityName, string>> = ACTIVITY_SUMMARIES;

/** What a day's run does at this moment, in one line; empty where no activity runs. */
export function describeActivities(activities: readonly RunningActivity[]): string {
  return activities
    .map((activity) =>
      [
        activitySummary(activity.name),
        // Before the first poll is answered there are none.
        typeof activity.details === 'string' ? `: ${activity.details}` : '',
        describeTry(activity),
      ].join(''),
    )
    .join('; ');
}

function describeTry({ attempt, lastFailure }: RunningActivity): string {
  if (attempt === 1) return '';
  return lastFailure === undefined ? ` (try ${attempt})` : ` (try ${attempt}; the last one failed: ${lastFailure})`;
}

/** What an activity does. Its name, if a newer worker has one that is unknown here. */
export function activitySummary(name: string): string {
  return name in summaries ? summaries[name as ActivityName] : name; // The check before says so.
}
