import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { timestampLiteral, type DruidClient } from '../../clients/druid';
import { instantsByHour, type Interval } from '../../domain/business-date';
import { dimensionsOf } from '../../domain/druid/data-schema';
import { timeAsWritten } from '../../domain/druid/time';
import { outputTimeColumnOf } from '../../domain/pipeline';
import { contentByHour, type Content } from '../../engines/duckdb/content';
import type { LoadedPipeline } from '../../engines/loaded-pipeline';

/**
 * What Druid serves in the interval now, by local hour; hours without rows are left out. The rows themselves are fetched
 * and counted here, an hour at a time: to have Druid group by every column takes merge buffers that a large day exceeds.
 *
 * @param scratch absolute path of a folder that has room for the rows of the largest hour.
 */
export async function servedDay(
  druid: DruidClient,
  { datasource, interval }: { readonly datasource: string; readonly interval: Interval },
  { pipeline, outputColumns: columns }: LoadedPipeline,
  scratch: string,
): Promise<Map<string, Content>> {
  const served = new Map<string, Content>();
  if (!(await druid.queries.hasDatasource(datasource))) return served;
  const selected = [
    `${timeAsWritten(pipeline)} AS "${outputTimeColumnOf(pipeline)}"`,
    ...dimensionsOf(pipeline, columns).map(({ name }) => `"${name}"`),
  ].join(', ');
  for (const [hour, intervals] of instantsByHour(interval, pipeline.timeZone)) {
    const within = intervals.map(
      ({ start, end }) => `(__time >= ${timestampLiteral(start)} AND __time < ${timestampLiteral(end)})`,
    );
    const file = join(scratch, `${hour}.ndjson`);
    await druid.queries.sqlToFile(`SELECT ${selected} FROM "${datasource}" WHERE ${within.join(' OR ')}`, file);
    const content = (await contentByHour(pipeline, columns, { files: [file], scratch })).get(hour);
    if (content !== undefined) served.set(hour, content);
    await rm(file);
  }
  return served;
}
