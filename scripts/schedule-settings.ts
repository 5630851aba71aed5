import type { ScheduleDescription, ScheduleOptions } from '@temporalio/client';
import { formatDuration, intervalToDuration } from 'date-fns';

/** A schedule as text by setting, the same whether it is what Temporal has or what is wanted, so that both compare. */
export type ScheduleSettings = Readonly<Record<string, string>>;

export interface ScheduleChange {
  readonly setting: string;
  /** Undefined where Temporal has no such schedule. */
  readonly from: string | undefined;
  readonly to: string;
}

export function settingsOf({ spec, action, policies }: ScheduleDescription | ScheduleOptions): ScheduleSettings {
  return {
    at: (spec.calendars ?? []).map(({ hour, minute }) => `${fieldOf(hour, 23)}:${fieldOf(minute, 59)}`).join(', '),
    timeZone: spec.timezone ?? 'UTC',
    jitter: durationOf(spec.jitter),
    overlap: String(policies?.overlap),
    catchUpWindow: durationOf(policies?.catchupWindow),
    pauseOnFailure: String(policies?.pauseOnFailure ?? false),
    workflow: typeof action.workflowType === 'string' ? action.workflowType : action.workflowType.name,
    workflowId: action.workflowId ?? '',
    taskQueue: action.taskQueue,
    input: JSON.stringify(action.args ?? []),
    memo: memoOf(action.memo),
  };
}

export function changesBetween(present: ScheduleSettings | undefined, wanted: ScheduleSettings): ScheduleChange[] {
  return Object.entries(wanted)
    .filter(([setting, to]) => present?.[setting] !== to)
    .map(([setting, to]) => ({ setting, from: present?.[setting], to }));
}

/** A field of a calendar: a number as given, the same as the ranges that Temporal makes of it. */
function fieldOf(field: unknown, maximum: number): string {
  const [only, ...more] = Array.isArray(field)
    ? (field as readonly { start: number; end?: number; step?: number }[])
    : [];
  if (only === undefined) return String(field).padStart(2, '0').replace('0*', '*');
  const { start, end = start } = only;
  if (more.length > 0 || (end !== start && !(start === 0 && end === maximum))) return JSON.stringify(field);
  return end === start ? String(start).padStart(2, '0') : '*';
}

/** Temporal gives a memo's keys in any order. */
function memoOf(memo: Record<string, unknown> = {}): string {
  return JSON.stringify(Object.entries(memo).sort());
}

function durationOf(milliseconds: unknown): string {
  if (typeof milliseconds !== 'number' || milliseconds === 0) return 'none';
  const days = Math.floor(milliseconds / 86_400_000);
  const rest = formatDuration(intervalToDuration({ start: 0, end: milliseconds % 86_400_000 }));
  return [days > 0 ? `${days} days` : '', rest].filter((part) => part !== '').join(' ');
}
