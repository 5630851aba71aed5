import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { DruidClient, Segment } from '../../clients/druid';
import { isEqual, type BuiltDay, type DayPlan, type ProvenHour } from '../../domain/daily-batch';
import { visibleIn } from '../../domain/druid/timeline';
import { DaybreakError } from '../../domain/errors';
import type { ServedBefore } from '../../domain/reconciliation';
import { contentOf, NO_CONTENT, type Content } from '../../engines/duckdb/row-digest';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import type { DayOutput } from '../../engines/versions/day-output';
import { servedDay } from './served-day';

/** The segments that answer queries of the day. */
export async function visibleSegments(
  druid: DruidClient,
  { datasource, interval }: Pick<DayPlan, 'datasource' | 'interval'>,
): Promise<Segment[]> {
  const segments = await druid.queries.segments(datasource, interval);
  return visibleIn(segments, interval).filter((one) => !one.overshadowed);
}

/**
 * Checks that the visible segments come from a batch: published, not realtime, of one version, and each a day long.
 * Segments that Druid's compaction made since are exempt. Throws PROOF_FAILED.
 */
export function checkSegments(plan: DayPlan, visible: readonly Segment[]): void {
  const versions = new Set(visible.flatMap((one) => (one.compacted ? [] : [one.version])));
  const strange = visible.filter((one) => one.realtime || !one.published || !(one.compacted || isDay(one, plan)));
  if (visible.length > 0 && versions.size <= 1 && strange.length === 0) return;
  const [found] = strange;
  const served =
    found !== undefined
      ? `by ${strange.length} segments that neither a recompute nor a compaction made, such as ${found.id}`
      : `by ${versions.size} versions of segments`;
  throw new DaybreakError('PROOF_FAILED', {
    what: `${plan.date} of ${plan.datasource} is served ${visible.length === 0 ? 'by no segment' : served}`,
    remedy: 'Check that the supervisor has the seal (npx daybreak status), then run the day again.',
  });
}

/** The version of the newest segments. A compaction may have made several versions, each for its own interval. */
export function latestVersion(visible: readonly Segment[]): string {
  return visible.reduce((latest, one) => (one.version > latest ? one.version : latest), '');
}

/** Who made the visible segments of a day: realtime, a batch, both or a compaction. */
export function servedBefore(visible: readonly Segment[], plan: Pick<DayPlan, 'interval'>): ServedBefore {
  const batch = visible.filter((one) => !one.realtime && one.published && isDay(one, plan)).length;
  if (visible.length === 0) return 'nothing';
  if (visible.some((one) => one.compacted)) return 'compacted';
  return batch === 0 ? 'realtime' : batch === visible.length ? 'batch' : 'both';
}

function isDay({ start, end }: Segment, { interval }: Pick<DayPlan, 'interval'>): boolean {
  return Date.parse(start) === Date.parse(interval.start) && Date.parse(end) === Date.parse(interval.end);
}

/** The published rows that Druid should serve. */
export interface BuiltRows extends Pick<BuiltDay, 'hours'> {
  readonly output: DayOutput;
  readonly version: string;
}

/**
 * Each hour's row count and an order-independent checksum over every column of its rows, in the batch's files and in
 * Druid. Throws PROOF_FAILED with the first hour that differs.
 *
 * `scratch` and `signal`: see `servedDay`.
 */
export async function compareContent(
  druid: DruidClient,
  plan: DayPlan,
  built: BuiltRows,
  loaded: LoadedPipeline,
  { scratch, signal }: { readonly scratch: string; readonly signal?: AbortSignal },
): Promise<ProvenHour[]> {
  const served = await servedDay(druid, plan, loaded, { scratch, ...(signal && { signal }) });
  const wrote = new Map<string, Content>();
  for (const { hour, file } of built.hours) {
    signal?.throwIfAborted();
    const rows = await built.output.localFile(built.version, file, scratch, signal);
    wrote.set(hour, await contentOf(loaded.pipeline, loaded.outputColumns, { file: rows, scratch }));
    // A copy, if the rows are not in a local folder.
    await rm(join(scratch, file), { force: true });
  }
  const names = new Set([...wrote.keys(), ...served.keys()]);
  const hours = [...names].sort().map((hour) => {
    const [batch, after] = [wrote.get(hour) ?? NO_CONTENT, served.get(hour) ?? NO_CONTENT];
    return {
      hour,
      batchRows: batch.rows,
      druidRows: after.rows,
      batchChecksum: batch.checksum,
      druidChecksum: after.checksum,
    };
  });
  const different = hours.find((hour) => !isEqual(hour));
  if (different === undefined) return hours;
  throw new DaybreakError('PROOF_FAILED', {
    what:
      `in hour ${different.hour} of ${plan.date} Druid serves ${different.druidRows} rows (checksum ` +
      `${different.druidChecksum}), the batch wrote ${different.batchRows} (checksum ${different.batchChecksum})`,
    remedy: `Run the day again: npx daybreak batch run --pipeline ${plan.pipeline} --date ${plan.date}`,
  });
}
