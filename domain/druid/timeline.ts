import type { Interval } from '../business-date';

/** What decides from which segments Druid answers a query. */
export interface TimelineSegment extends Interval {
  /** Later ones are greater as texts. */
  readonly version: string;
  readonly published: boolean;
  readonly realtime: boolean;
}

/**
 * The segments from which queries of the interval are answered: not those that published segments of later versions cover
 * within it. Druid says of a segment that it is overshadowed only where it is so as a whole: of one that reaches over from
 * the neighbouring day, as after a compaction by days of another zone, queries of this day may read nothing. Nor does Druid
 * say it of a segment that it has given up and a historical still has.
 */
export function visibleIn<T extends TimelineSegment>(segments: readonly T[], interval: Interval): T[] {
  return segments.filter((one) => one.realtime || !isCovered(one, segments, interval));
}

function isCovered(one: TimelineSegment, segments: readonly TimelineSegment[], interval: Interval): boolean {
  const end = Math.min(Date.parse(one.end), Date.parse(interval.end));
  const later = segments
    .filter(({ published, version }) => published && version > one.version)
    .map((other) => ({ start: Date.parse(other.start), end: Date.parse(other.end) }))
    .sort((a, b) => a.start - b.start);
  let covered = Math.max(Date.parse(one.start), Date.parse(interval.start));
  for (const other of later) if (other.start <= covered) covered = Math.max(covered, other.end);
  return covered >= end;
}
