import { tzOffset } from '@date-fns/tz';

/** The time on a wall clock, as milliseconds: 2027-03-14 02:15 is Date.UTC(2027, 2, 14, 2, 15) in every zone. */
export type WallTime = number;

/** A change of a zone's clocks: the time that they show just before it, and from it on. */
export interface ClockChange {
  readonly before: WallTime;
  readonly after: WallTime;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * The changes of a zone's clocks between two instants (milliseconds since 1970), in order. A change that is undone
 * within a day is not found.
 */
export function clockChanges(timeZone: string, from: number, to: number): ClockChange[] {
  const changes: ClockChange[] = [];
  let offset = offsetAt(timeZone, from);
  for (let at = from; at < to; at += DAY) {
    const next = offsetAt(timeZone, at + DAY);
    if (next === offset) continue;
    const instant = firstInstant(at, at + DAY, (instant) => offsetAt(timeZone, instant) === next);
    changes.push({ before: instant + offset, after: instant + next });
    offset = next;
  }
  return changes;
}

function offsetAt(timeZone: string, instant: number): number {
  return tzOffset(timeZone, new Date(instant)) * MINUTE;
}

/** The first whole minute in (after, until] for which `holds` is true. It must stay true from there on. */
function firstInstant(after: number, until: number, holds: (instant: number) => boolean): number {
  let [low, high] = [after / MINUTE, until / MINUTE];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle * MINUTE)) high = middle;
    else low = middle;
  }
  return high * MINUTE;
}
