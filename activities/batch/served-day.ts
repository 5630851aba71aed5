import { Context } from '@temporalio/activity';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { timestampLiteral, type DruidClient } from '../../clients/druid';
import type { DayPlan } from '../../domain/daily-batch';
import { dimensionsOf } from '../../domain/druid/data-schema';
import { localHour, timeAsWritten } from '../../domain/druid/time';
import { outputTimeColumnOf, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import { contentByHour, type Content } from '../../engines/duckdb/content';

/**
 * What Druid serves of the day now, by local hour; hours without rows are left out. The rows themselves are fetched and
 * counted here: to have Druid group by every column takes merge buffers that a large day exceeds.
 */
export async function servedDay(
  druid: DruidClient,
  plan: DayPlan,
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
): Promise<Map<string, Content>> {
  if (!(await druid.queries.hasDatasource(plan.datasource))) return new Map();
  const scratch = await mkdtemp(join(tmpdir(), 'daybreak-served-'));
  const heartbeat = setInterval(() => {
    Context.current().heartbeat('fetching the rows that Druid serves');
  }, 1_000);
  try {
    const rows = join(scratch, 'rows.ndjson');
    const { start, end } = plan.interval;
    const selected = [
      `${timeAsWritten(pipeline)} AS "${outputTimeColumnOf(pipeline)}"`,
      ...dimensionsOf(pipeline, columns).map(({ name }) => `"${name}"`),
      `${localHour(pipeline)} AS "hour"`,
    ];
    await druid.queries.sqlToFile(
      `SELECT ${selected.join(', ')} FROM "${plan.datasource}"
       WHERE __time >= ${timestampLiteral(start)} AND __time < ${timestampLiteral(end)}`,
      rows,
    );
    return await contentByHour(pipeline, columns, { files: [rows], hour: 'column', scratch });
  } finally {
    clearInterval(heartbeat);
    await rm(scratch, { recursive: true, force: true });
  }
}
