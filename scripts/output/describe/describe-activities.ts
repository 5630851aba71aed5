import type { BatchActivities, SpeedLayerActivities } from '../../../activities';
import type { OperateActivities } from '../../../activities/operate';
import { ACTIVITY_SUMMARIES } from '../../../domain/activity-summaries';
import type { RunningActivity } from '../../operate/follow';

type ActivityName = keyof (BatchActivities & SpeedLayerActivities & OperateActivities);
/** Every activity must have a summary. */
const summaries: Readonly<Record<ActivityName, string>> = ACTIVITY_SUMMARIES;

/** What a day's run does now, in one line. Empty if no activity runs. */
export function describeActivities(activities: readonly RunningActivity[]): string {
  return activities
    .map((activity) =>
      [
        activitySummary(activity.name),
        // There are no details before the first poll is answered.
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

/** What an activity does. If a newer worker has an activity that is unknown here, returns its name. */
export function activitySummary(name: string): string {
  return name in summaries ? summaries[name as ActivityName] : name; // The check before ensures it.
}
