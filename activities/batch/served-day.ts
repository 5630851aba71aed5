import * as z from 'zod';
import type { DruidClient } from '../../clients/druid';
import { instantsByHour, type Interval } from '../../domain/business-date';
import { noFigures, type HourFigures } from '../../domain/day-figures';
import {
  countQuery,
  countRow,
  distinctQuery,
  distinctRow,
  figuresQueries,
  rowsQuery,
  totalFigures,
  type RowSource,
} from '../../domain/druid/day-queries';
import {
  eventsQuery,
  eventsRow,
  rolledUpQuery,
  storedRowsQuery,
  type ServedFigures,
} from '../../domain/druid/rollup-queries';
import { DaybreakError } from '../../domain/errors';
import type { OutputColumn, Pipeline } from '../../domain/pipeline';
import type { Rollup } from '../../domain/rollup';
import { noRolledUpFigures } from '../../engines/duckdb/rolled-up-figures';
import { NO_CONTENT, type Content, type RowCounter } from '../../engines/duckdb/row-counter';

export interface DistinctRows {
  readonly rows: number;
  readonly distinct: number;
  /** What `distinct` is at least, all but certainly: it is an estimate. */
  readonly atLeast: number;
}

export interface StoredEvents {
  readonly stored: number;
  readonly events: number;
}

/** What Druid serves of a day at the moment of each call. A datasource that the broker does not know has no rows. */
export interface ServedDay {
  /** The local hours of the day, '00' to '23'. */
  readonly hours: readonly string[];
  /** The number of rows of the day. */
  rows(): Promise<number>;
  /** The hour's rows, which are fetched and counted here. */
  content(hour: string, counter: RowCounter): Promise<Content>;
  /** The hour's figures, which Druid computes. */
  figures(hour: string): Promise<HourFigures>;
  /** The hour's events, and the rows that Druid stores for them. `isCounted`: whether Druid has the count of the events. */
  events(rollup: Rollup, hour: string, options: { readonly isCounted: boolean }): Promise<StoredEvents>;
  /** The figures of the hour's events, which Druid computes from its rolled-up rows. */
  rolledUpFigures(rollup: Rollup, hour: string): Promise<ServedFigures>;
  /** The stored rows of the hour's events, as JSON lines; see `storedRowsQuery`. The hour must be one of `hours`. */
  storedRows(rollup: Rollup, hour: string): AsyncIterable<Buffer>;
  /** The hour's rows, which Druid counts by a sketch. Needs SKETCH_FUNCTION. */
  distinct(hour: string): Promise<DistinctRows>;
}

const NO_EVENTS: StoredEvents = { stored: 0, events: 0 };

/** @param columns those of the output that are read: Druid must have them. */
export function servedDay(
  druid: DruidClient,
  { datasource, interval }: { readonly datasource: string; readonly interval: Interval },
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
): ServedDay {
  const { queries } = druid;
  const hours = instantsByHour(interval, pipeline.timeZone);
  const sourceOf = (hour: string): RowSource => ({ datasource, intervals: hours.get(hour) ?? [] });

  /**
   * The broker forgets a datasource once nothing serves its rows any more, also between two queries. It knows it again
   * when a server comes back.
   */
  async function unlessForgotten<T>(none: T, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask();
    } catch (thrown) {
      const isRefused = thrown instanceof DaybreakError && thrown.code === 'DRUID_REFUSED';
      if (!isRefused) throw thrown;
      return (await queries.columns(datasource)).length === 0 ? none : await ask();
    }
  }

  return {
    hours: [...hours.keys()],
    rows: () =>
      unlessForgotten(0, async () => {
        const [row] = await queries.sql(countQuery({ datasource, intervals: [interval] }), [], countRow);
        return row?.rows ?? 0;
      }),
    content: (hour, counter) =>
      unlessForgotten(NO_CONTENT, async () => {
        const source = sourceOf(hour);
        // The zone may have been another when the day was built.
        if (source.intervals.length === 0) return NO_CONTENT;
        return counter.ofLines(queries.sqlLines(rowsQuery(pipeline, columns, source)));
      }),
    figures: (hour) =>
      unlessForgotten(noFigures(columns), async () => {
        const parts: HourFigures[] = [];
        for (const { query, figures } of figuresQueries(pipeline, columns, sourceOf(hour))) {
          const rows = await queries.sql(query, [], z.record(z.string(), z.unknown()));
          parts.push(...rows.map(figures));
        }
        return totalFigures(columns, parts);
      }),
    events: (rollup, hour, options) =>
      unlessForgotten(NO_EVENTS, async () => {
        const source = sourceOf(hour);
        if (source.intervals.length === 0) return NO_EVENTS;
        const [row] = await queries.sql(eventsQuery(rollup, source, options), [], eventsRow);
        return row ?? NO_EVENTS;
      }),
    rolledUpFigures: (rollup, hour) => {
      const none = { ...noRolledUpFigures(pipeline, rollup, columns), stored: 0 };
      return unlessForgotten(none, async () => {
        const source = sourceOf(hour);
        if (source.intervals.length === 0) return none;
        const { query, figures } = rolledUpQuery(pipeline, rollup, columns, source);
        const [row] = await queries.sql(query, [], z.record(z.string(), z.unknown()));
        return row === undefined ? none : figures(row);
      });
    },
    storedRows: (rollup, hour) => queries.sqlLines(storedRowsQuery(pipeline, rollup, columns, sourceOf(hour))),
    distinct: (hour) =>
      unlessForgotten({ rows: 0, distinct: 0, atLeast: 0 }, async () => {
        const [row] = await queries.sql(distinctQuery(pipeline, columns, sourceOf(hour)), [], distinctRow);
        const { rows = 0, distinct: { estimate, lowBound } = { estimate: 0, lowBound: 0 } } = row ?? {};
        return { rows, distinct: Math.min(rows, Math.round(estimate)), atLeast: Math.min(rows, Math.floor(lowBound)) };
      }),
  };
}
