import type { DruidClient, Segment } from '../../clients/druid';
import { counted } from '../../domain/counted';
import type { DayPlan } from '../../domain/daily-batch';
import { visibleIn } from '../../domain/druid/timeline';
import { DaybreakError } from '../../domain/errors';
import type { ServedBefore } from '../../domain/reconciliation';

/** The segments that answer queries of the day. */
export async function visibleSegments(
  druid: DruidClient,
  { datasource, interval }: Pick<DayPlan, 'datasource' | 'interval'>,
): Promise<Segment[]> {
  const segments = await druid.queries.segments(datasource, interval);
  return visibleIn(segments, interval).filter((one) => !one.overshadowed);
}

/**
 * Checks that the visible segments come from a batch: published, of one version, and not added to others, as realtime's
 * are. Segments that Druid's compaction made since are exempt. Throws PROOF_FAILED.
 *
 * @param rows of the batch. Without any, there need be no segment: Druid makes tombstones only where it had segments.
 */
export function checkSegments(plan: DayPlan, visible: readonly Segment[], rows: number): void {
  const versions = new Set(visible.flatMap((one) => (one.compacted ? [] : [one.version])));
  const strange = visible.filter((one) => !isOfBatch(one, plan) && !(one.compacted && isPublished(one)));
  if ((visible.length > 0 || rows === 0) && versions.size <= 1 && strange.length === 0) return;
  const [found] = strange;
  const served =
    found !== undefined
      ? `by ${counted(strange.length, 'segment')} that neither a recompute nor a compaction made, such as ${found.id}`
      : `by ${versions.size} versions of segments`;
  throw new DaybreakError('PROOF_FAILED', {
    what: `${plan.date} of ${plan.datasource} is served ${visible.length === 0 ? 'by no segment' : served}`,
    remedy: `Check that the supervisor has the seal (npx daybreak status --pipeline ${plan.pipeline}), then run the day again.`,
  });
}

/** The version of the newest segments; empty if there are none. A compaction may have made several versions, each for its own interval. */
export function latestVersion(visible: readonly Segment[]): string {
  return visible.reduce((latest, one) => (one.version > latest ? one.version : latest), '');
}

/** Who made the visible segments of a day: realtime, a batch, both or a compaction. */
export function servedBefore(visible: readonly Segment[], plan: Pick<DayPlan, 'interval'>): ServedBefore {
  const batch = visible.filter((one) => isOfBatch(one, plan)).length;
  if (visible.length === 0) return 'nothing';
  if (visible.some((one) => one.compacted)) return 'compacted';
  return batch === 0 ? 'realtime' : batch === visible.length ? 'batch' : 'both';
}

function isPublished({ realtime, published }: Segment): boolean {
  return published && !realtime;
}

/** Whatever the pipeline's `druid.segmentGranularity` was when the day was replaced. */
function isOfBatch(one: Segment, { interval }: Pick<DayPlan, 'interval'>): boolean {
  const isWithin =
    Date.parse(one.start) >= Date.parse(interval.start) && Date.parse(one.end) <= Date.parse(interval.end);
  return isPublished(one) && !one.appended && isWithin;
}
