import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timestampLiteral, type DruidClient } from '../../clients/druid';
import type { Interval } from '../../domain/business-date';
import { dimensionsOf } from '../../domain/druid/data-schema';
import { localHour, timeAsWritten } from '../../domain/druid/time';
import { outputTimeColumnOf } from '../../domain/pipeline';
import { contentByHour, type Content } from '../../engines/duckdb/content';
import type { LoadedPipeline } from '../../engines/loaded-pipeline';

/**
 * What Druid serves in the interval now, by local hour; hours without rows are left out. The rows themselves are fetched
 * and counted here: to have Druid group by every column takes merge buffers that a large day exceeds.
 */
export async function servedDay(
  druid: DruidClient,
  { datasource, interval: { start, end } }: { readonly datasource: string; readonly interval: Interval },
  { pipeline, outputColumns: columns }: LoadedPipeline,
): Promise<Map<string, Content>> {
  if (!(await druid.queries.hasDatasource(datasource))) return new Map();
  const scratch = await mkdtemp(join(tmpdir(), 'daybreak-served-'));
  try {
    const rows = join(scratch, 'rows.ndjson');
    const selected = [
      `${timeAsWritten(pipeline)} AS "${outputTimeColumnOf(pipeline)}"`,
      ...dimensionsOf(pipeline, columns).map(({ name }) => `"${name}"`),
      `${localHour(pipeline)} AS "hour"`,
    ];
    await druid.queries.sqlToFile(
      `SELECT ${selected.join(', ')} FROM "${datasource}"
       WHERE __time >= ${timestampLiteral(start)} AND __time < ${timestampLiteral(end)}`,
      rows,
    );
    return await contentByHour(pipeline, columns, { files: [rows], hour: 'column', scratch });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
