import {
  MONTHS,
  type CalendarSpec,
  type CalendarSpecDescription,
  type ScheduleDescription,
  type ScheduleOptions,
  type ScheduleSpec,
} from '@temporalio/client';
import { formatDuration, intervalToDuration } from 'date-fns';
import { counted } from '../../../domain/counted';
import { businessDateOf, shiftDate, type BusinessDate } from '../../../domain/business-date';

/**
 * A schedule as text by setting. What Temporal has and what is wanted have the same form, so that they can be compared.
 */
export type ScheduleSettings = Readonly<Record<string, string>>;

export interface ScheduleChange {
  readonly setting: string;
  /** Undefined if Temporal has no such schedule. */
  readonly from: string | undefined;
  readonly to: string;
}

/** The first day that the schedule recomputes: the one before the day on which it begins. Undefined if it has none. */
export function firstDayOf({
  startAt,
  timezone = 'UTC',
}: Pick<ScheduleSpec, 'startAt' | 'timezone'>): BusinessDate | undefined {
  return startAt && shiftDate(businessDateOf(startAt, timezone), -1);
}

/** A calendar as it is given, or as Temporal describes it. */
type Calendar = CalendarSpec | CalendarSpecDescription;

/** @param encryption how the values of its action are encrypted. */
export function settingsOf(
  { spec, action, policies }: ScheduleDescription | ScheduleOptions,
  encryption: string,
): ScheduleSettings {
  return {
    at: yearlyTimes(spec.calendars ?? []),
    atClockChanges: datedTimes(spec.calendars ?? []).join(', ') || 'none',
    notAt: datedTimes(spec.skip ?? []).join(', ') || 'none',
    timeZone: spec.timezone ?? 'UTC',
    firstDay: firstDayOf(spec) ?? 'any',
    jitter: durationOf(spec.jitter),
    overlap: String(policies?.overlap),
    catchUpWindow: durationOf(policies?.catchupWindow),
    pauseOnFailure: String(policies?.pauseOnFailure ?? false),
    workflow: typeof action.workflowType === 'string' ? action.workflowType : action.workflowType.name,
    workflowId: action.workflowId ?? '',
    taskQueue: action.taskQueue,
    input: JSON.stringify(action.args ?? []),
    memo: memoOf(action.memo),
    encryption,
  };
}

export function changesBetween(present: ScheduleSettings | undefined, wanted: ScheduleSettings): ScheduleChange[] {
  return Object.entries(wanted)
    .filter(([setting, to]) => present?.[setting] !== to)
    .map(([setting, to]) => ({ setting, from: present?.[setting], to }));
}

/** The calendars of certain years as dates with their times, in order: ['2027-03-14 03:00', '2028-03-12 03:00']. */
export function datedTimes(calendars: readonly Calendar[]): string[] {
  return calendars
    .flatMap((calendar) => {
      const month = padded(MONTHS.findIndex((name) => name === valuesOf(calendar.month)[0]) + 1);
      const day = padded(valuesOf(calendar.dayOfMonth)[0]);
      return valuesOf(calendar.year).map((year) => `${year}-${month}-${day} ${timeOf(calendar)}`);
    })
    .sort();
}

/** The times of the calendars that hold in every year. */
function yearlyTimes(calendars: readonly Calendar[]): string {
  return calendars
    .filter(({ year }) => valuesOf(year).length === 0)
    .map(timeOf)
    .join(', ');
}

function timeOf({ hour, minute }: Calendar): string {
  return `${fieldOf(hour, 23)}:${fieldOf(minute, 59)}`;
}

/** '*' if the values are all possible ones. */
function fieldOf(field: unknown, maximum: number): string {
  const values = valuesOf(field);
  return values.length === 0 || values.length > maximum ? '*' : values.map(padded).join('+');
}

/**
 * The values of a calendar's field. The field is one value, a list, or the ranges that Temporal makes of them. None for
 * '*'.
 */
function valuesOf(field: unknown): (number | string)[] {
  if (Array.isArray(field)) return field.flatMap(valuesOf);
  if (typeof field === 'number') return [field];
  if (typeof field === 'string') return field === '*' ? [] : [field];
  if (typeof field !== 'object' || field === null || !('start' in field)) return [];
  const { start } = field;
  const end = 'end' in field ? field.end : start;
  const step = 'step' in field && typeof field.step === 'number' ? Math.max(1, field.step) : 1;
  if (typeof start !== 'number' || typeof end !== 'number') return valuesOf(start);
  return Array.from(
    { length: Math.floor((Math.max(start, end) - start) / step) + 1 },
    (_, index) => start + index * step,
  );
}

function padded(value: unknown): string {
  return String(value).padStart(2, '0');
}

/** Temporal returns a memo's keys in any order. */
function memoOf(memo: Record<string, unknown> = {}): string {
  return JSON.stringify(Object.entries(memo).sort());
}

function durationOf(milliseconds: unknown): string {
  if (typeof milliseconds !== 'number' || milliseconds === 0) return 'none';
  const days = Math.floor(milliseconds / 86_400_000);
  const rest = formatDuration(intervalToDuration({ start: 0, end: milliseconds % 86_400_000 }));
  return [days > 0 ? counted(days, 'day') : '', rest].filter((part) => part !== '').join(' ');
}
