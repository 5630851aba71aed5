import { dayInterval, isSameZone, shiftDate, type BusinessDate } from '../business-date';
import type { OutputColumn, Pipeline } from '../pipeline';
import { dataSchema, rowGranularity } from './data-schema';

/** The settings of Druid's automatic compaction for a datasource, as far as they matter here. */
export interface CompactionConfig {
  readonly taskPriority?: number | null | undefined;
  readonly granularitySpec?: {
    readonly segmentGranularity?: unknown;
    readonly queryGranularity?: unknown;
    readonly rollup?: boolean | null | undefined;
  } | null;
  readonly dimensionsSpec?: { readonly dimensions?: readonly unknown[] | null | undefined } | null;
  readonly metricsSpec?: readonly unknown[] | null | undefined;
  readonly transformSpec?: { readonly filter?: unknown } | null;
}

export interface CompactionFindings {
  /** Settings that alter rows, or take a day's lock from its recompute: each with its value and the reason. */
  readonly conflicts: readonly string[];
  /** Settings that work but cost more than necessary. */
  readonly warnings: readonly string[];
}

/** The priority of a task that replaces a day. */
const REINDEX_PRIORITY = 50;

/** Whether this compaction is compatible with days that a batch has replaced. */
export function compactionFindings(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  { granularitySpec, taskPriority, dimensionsSpec, metricsSpec, transformSpec }: CompactionConfig,
): CompactionFindings {
  const conflicts: string[] = [];
  const wanted = rowGranularity(pipeline);
  if (granularitySpec?.rollup === true && !wanted.rollup) {
    conflicts.push('granularitySpec.rollup is true: equal rows become one');
  }
  const query = granularitySpec?.queryGranularity;
  if (!isNone(query) && granularityText(query) !== granularityText(wanted.queryGranularity)) {
    conflicts.push(`granularitySpec.queryGranularity is ${JSON.stringify(query)}: it cuts times`);
  }
  if ((metricsSpec ?? []).length > 0) {
    conflicts.push(
      wanted.rollup
        ? 'metricsSpec is set: a compaction without it keeps the metrics of the rows'
        : 'metricsSpec is set: it aggregates rows',
    );
  }
  if (transformSpec?.filter != null) conflicts.push('transformSpec.filter is set: it removes rows');
  conflicts.push(...otherDimensions(pipeline, columns, dimensionsSpec?.dimensions ?? []));
  if ((taskPriority ?? 0) >= REINDEX_PRIORITY) {
    conflicts.push(
      `taskPriority is ${taskPriority ?? 0}: from ${REINDEX_PRIORITY} on, a compaction takes a day away from its recompute`,
    );
  }
  return { conflicts, warnings: reachesOver(granularitySpec?.segmentGranularity, pipeline.timeZone) };
}

/** Columns that a compaction would lose or change to another type. */
function otherDimensions(
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
  dimensions: readonly unknown[],
): string[] {
  if (dimensions.length === 0) return [];
  const types = new Map(dimensions.map(typedName));
  const wanted = dataSchema(pipeline, columns).dimensionsSpec.dimensions;
  const lost = wanted.filter(({ name }) => !types.has(name)).map(({ name }) => name);
  const changed = wanted.filter(({ name, type }) => types.has(name) && types.get(name) !== type);
  return [
    ...(lost.length === 0 ? [] : [`dimensionsSpec lacks ${lost.join(', ')}: these columns are lost`]),
    ...changed.map(({ name, type }) => `dimensionsSpec makes ${name} a ${types.get(name) ?? ''}, which is a ${type}`),
  ];
}

/**
 * Segments that hold parts of two local days are compacted again after each recompute of either, and block the locks of
 * both.
 */
function reachesOver(granularity: unknown, timeZone: string): string[] {
  if (isAligned(granularity, timeZone)) return [];
  const period = { type: 'period', period: 'P1D', timeZone };
  const is =
    granularity == null
      ? 'granularitySpec.segmentGranularity is not set, so Druid takes UTC days'
      : `granularitySpec.segmentGranularity is ${JSON.stringify(granularity)}`;
  return [
    `${is}: such a segment can cover two local days of ${timeZone}, and the recompute of one waits for tasks of both; ` +
      `${JSON.stringify(period)} fits`,
  ];
}

const HOUR = 3_600_000;
/** The simple granularities of Druid that never cut a local day, in a zone with whole hours. */
const WITHIN_HOUR = ['SECOND', 'MINUTE', 'FIVE_MINUTE', 'TEN_MINUTE', 'FIFTEEN_MINUTE', 'THIRTY_MINUTE', 'HOUR'];
const WITHIN_HOUR_PERIODS = ['PT1M', 'PT5M', 'PT10M', 'PT15M', 'PT30M', 'PT1H'];
const WHOLE_DAYS = /^P[0-9]+[DWMY]$/;
/** Granularities without a length: all rows are in one segment. */
const NO_PERIODS = ['ALL', 'NONE'];

/** Whether no segment of the granularity holds parts of two local days. */
function isAligned(granularity: unknown, timeZone: string): boolean {
  const isUtc = isSameZone(timeZone, 'UTC');
  // Without a granularity, Druid takes that of the segments as one of UTC.
  if (granularity == null) return isUtc;
  if (typeof granularity === 'string') {
    const name = granularity.toUpperCase();
    if (NO_PERIODS.includes(name)) return false;
    return isUtc || (WITHIN_HOUR.includes(name) && startsWithHours(timeZone));
  }
  if (typeof granularity !== 'object' || !('period' in granularity) || typeof granularity.period !== 'string') {
    return false;
  }
  const zone = 'timeZone' in granularity && typeof granularity.timeZone === 'string' ? granularity.timeZone : 'UTC';
  const hasOrigin = 'origin' in granularity && granularity.origin != null;
  if (hasOrigin) return false;
  const cutsNoHour = WITHIN_HOUR_PERIODS.includes(granularity.period) && startsWithHours(zone);
  return (
    (WHOLE_DAYS.test(granularity.period) && isSameZone(zone, timeZone)) || (cutsNoHour && startsWithHours(timeZone))
  );
}

/** Whether each local day of these years begins at a full hour of UTC. */
function startsWithHours(timeZone: string): boolean {
  const [first, days] = ['2020-01-01' as BusinessDate, 20 * 366]; // A date.
  for (let day = 0; day < days; day += 7) {
    if (Date.parse(dayInterval(shiftDate(first, day), timeZone).start) % HOUR !== 0) return false;
  }
  return true;
}

function isNone(granularity: unknown): boolean {
  if (granularity == null) return true;
  const name = typeof granularity === 'object' && 'type' in granularity ? granularity.type : granularity;
  return String(name).toLowerCase() === 'none';
}

/** Equal for granularities that Druid takes for the same: it stores them with all their fields. */
function granularityText(granularity: unknown): string {
  if (typeof granularity !== 'object' || granularity === null) return String(granularity).toUpperCase();
  const { type, period, timeZone, origin } = { type: '', period: '', timeZone: 'UTC', origin: null, ...granularity };
  return [type, period, timeZone, origin].join(' ');
}

/** A dimension's name and type. The type is 'string' if it names none. */
function typedName(dimension: unknown): [string, string] {
  if (typeof dimension !== 'object' || dimension === null) return [String(dimension), 'string'];
  const { name, type } = { name: '', type: 'string', ...dimension };
  return [name, type];
}
