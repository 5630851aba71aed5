import type { Interval } from '../business-date';

/** The fields that decide which segments answer a query. */
export interface TimelineSegment extends Interval {
  /** Later versions are greater as texts. */
  readonly version: string;
  readonly published: boolean;
  readonly realtime: boolean;
}

/**
 * The segments that answer queries of the interval: those that are not covered within it by published segments of later
 * versions. Druid reports a segment as overshadowed only if all of it is. A segment can reach over from the
 * neighbouring day, for example after a compaction by days of another zone, and queries of this day may then read
 * nothing from it. Druid also does not report a segment that it has dropped but a historical still has.
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
