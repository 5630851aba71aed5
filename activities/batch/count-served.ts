import { log } from '@temporalio/activity';
import type { DruidClient } from '../../clients/druid';
import type { Interval } from '../../domain/business-date';
import type { ServedHour } from '../../domain/daily-batch';
import { columnsAsStored } from '../../domain/druid/data-schema';
import { SKETCH_FUNCTION } from '../../domain/druid/day-queries';
import { outputTimeColumnOf } from '../../domain/pipeline';
import { proofKindOf } from '../../domain/proof-kind';
import { countMetricOf } from '../../domain/rollup';
import { withRowCounter } from '../../engines/duckdb/row-counter';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { eachHour, type HoursOptions } from './hours-at-once';
import { servedDay } from './served-day';

/**
 * The rows that Druid serves of a day by local hour, and how many of them are distinct; hours without rows are left out.
 * Where the pipeline's proof compares rows, they are fetched and counted here. Beyond, Druid counts the distinct ones by
 * a sketch; without its extension druid-datasketches, they are fetched nevertheless.
 *
 * Of a pipeline with druid.rollup, Druid adds up the events that its rows count. How many of them are distinct, the rows
 * no longer tell: `distinct` is all of them.
 *
 * The pipeline may be newer than the rows. A column that Druid does not have yet is passed over. One that the day's
 * segments have in another type is counted by its values there.
 *
 * @param options `scratch`: the absolute path of a folder.
 */
export async function countServed(
  druid: DruidClient,
  served: { readonly datasource: string; readonly interval: Interval },
  { pipeline, outputColumns }: LoadedPipeline,
  options: HoursOptions & { readonly scratch: string },
): Promise<ServedHour[]> {
  const known = new Set(await druid.queries.columns(served.datasource));
  if (known.size === 0) return [];
  const segments = (await druid.queries.segmentColumns(served.datasource, served.interval)).map((one) => one.columns);
  const columns = columnsAsStored(
    pipeline,
    outputColumns.filter(({ name }) => known.has(name) || name === outputTimeColumnOf(pipeline)),
    segments,
  );
  const day = servedDay(druid, served, pipeline, columns);
  const { rollup } = pipeline.druid;
  if (rollup !== undefined) {
    const counter = countMetricOf(rollup);
    // A column of this name may have been another one when the rows were stored.
    const isCounted =
      known.has(counter) && segments.every((types) => (types[counter]?.typeSignature ?? 'LONG') === 'LONG');
    const counted = await eachHour(day.hours, options, async (hour): Promise<ServedHour> => {
      const { stored, events } = await day.events(rollup, hour, { isCounted });
      return { hour, rows: events, distinct: events, stored };
    });
    return [...counted.values()].filter(({ stored = 0 }) => stored > 0);
  }
  const isCountedHere =
    proofKindOf(pipeline, await day.rows()) === 'rows' || !(await hasSketches(druid, served.datasource));
  const counted = isCountedHere
    ? await withRowCounter(pipeline, columns, { ...options, segments }, (counter) =>
        eachHour(day.hours, options, async (hour): Promise<ServedHour> => {
          const { rows, distinct } = await day.content(hour, counter);
          return { hour, rows, distinct };
        }),
      )
    : await eachHour(day.hours, options, async (hour): Promise<ServedHour> => {
        const { rows, distinct, atLeast } = await day.distinct(hour);
        return { hour, rows, distinct, ...(atLeast < distinct && { atLeast }) };
      });
  return [...counted.values()].filter(({ rows }) => rows > 0);
}

async function hasSketches(druid: DruidClient, datasource: string): Promise<boolean> {
  if (await druid.queries.hasFunction(SKETCH_FUNCTION)) return true;
  log.warn('fetches every row of the day to count the distinct ones: Druid lacks its extension druid-datasketches', {
    datasource,
  });
  return false;
}
