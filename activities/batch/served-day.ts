import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { timestampLiteral, type DruidClient } from '../../clients/druid';
import { instantsByHour, type Interval } from '../../domain/business-date';
import { dimensionsOf } from '../../domain/druid/data-schema';
import { sqlName } from '../../domain/druid/quoting';
import { timeAsWritten } from '../../domain/druid/time';
import { DaybreakError } from '../../domain/errors';
import { outputTimeColumnOf } from '../../domain/pipeline';
import { contentOf, type Content } from '../../engines/duckdb/row-digest';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';

/**
 * What Druid serves in the interval now, by local hour; hours without rows are left out. The rows are fetched and
 * counted here, an hour at a time. If Druid grouped by every column, a large day would exceed its merge buffers.
 *
 * `scratch` is the absolute path of a folder that has room for the rows of the largest hour. `signal` ends the work
 * between two hours.
 */
export async function servedDay(
  druid: DruidClient,
  { datasource, interval }: { readonly datasource: string; readonly interval: Interval },
  { pipeline, outputColumns: columns }: LoadedPipeline,
  { scratch, signal }: { readonly scratch: string; readonly signal?: AbortSignal },
): Promise<Map<string, Content>> {
  const served = new Map<string, Content>();
  if (!(await druid.queries.hasDatasource(datasource))) return served;
  const selected = [
    `${timeAsWritten(pipeline)} AS ${sqlName(outputTimeColumnOf(pipeline))}`,
    ...dimensionsOf(pipeline, columns).map(({ name }) => sqlName(name)),
  ].join(', ');
  for (const [hour, intervals] of instantsByHour(interval, pipeline.timeZone)) {
    signal?.throwIfAborted();
    const within = intervals.map(
      ({ start, end }) => `(__time >= ${timestampLiteral(start)} AND __time < ${timestampLiteral(end)})`,
    );
    const file = join(scratch, `${hour}.ndjson`);
    try {
      await druid.queries.sqlToFile(
        `SELECT ${selected} FROM ${sqlName(datasource)} WHERE ${within.join(' OR ')}`,
        file,
      );
    } catch (thrown) {
      // The broker forgets a datasource once its last rows are dropped, also between two queries.
      const isRefused = thrown instanceof DaybreakError && thrown.code === 'DRUID_REFUSED';
      if (isRefused && !(await druid.queries.hasDatasource(datasource))) return new Map();
      throw thrown;
    }
    const content = await contentOf(pipeline, columns, { file, scratch });
    if (content.rows > 0) served.set(hour, content);
    await rm(file);
  }
  return served;
}
