import { z } from 'zod';
import { timestampLiteral, type DruidClient } from '../../clients/druid';
import type { DayPlan, ServedHour } from '../../domain/daily-batch';
import { dimensionsOf } from '../../domain/druid/data-schema';
import { localHour } from '../../domain/druid/time';
import type { OutputColumn, Pipeline } from '../../domain/pipeline';

const servedHour = z.object({ hour: z.string(), rows: z.number(), distinct: z.number() });

/** The day's interval as a condition on __time. */
export function withinDay({ interval }: DayPlan): string {
  return `__time >= ${timestampLiteral(interval.start)} AND __time < ${timestampLiteral(interval.end)}`;
}

/** What Druid serves of the day now: per local hour its rows, and how many of them differ. Hours without rows are left out. */
export async function servedHours(
  druid: DruidClient,
  plan: DayPlan,
  pipeline: Pipeline,
  columns: readonly OutputColumn[],
): Promise<ServedHour[]> {
  if (!(await druid.queries.hasDatasource(plan.datasource))) return [];
  const grouped = ['__time', ...dimensionsOf(pipeline, columns).map(({ name }) => `"${name}"`)].join(', ');
  return druid.queries.sql(
    `SELECT ${localHour(pipeline)} AS "hour", SUM(copies) AS "rows", COUNT(*) AS "distinct" FROM (
       SELECT ${grouped}, COUNT(*) AS copies FROM "${plan.datasource}" WHERE ${withinDay(plan)} GROUP BY ${grouped}
     ) GROUP BY 1 ORDER BY 1`,
    [],
    servedHour,
  );
}
