import { literal } from '../duckdb/sql';

/** The part of a text that a reason quotes. */
export function shortened(raw: string): string {
  return `CASE WHEN length(${raw}) > 60 THEN left(${raw}, 60) || '…' ELSE ${raw} END`;
}

/** SQL of a reason: `label`, SQL of a name, is `raw`, and `accepted` would be right. */
export function misreadSql(label: string, raw: string, accepted: string): string {
  return `${label} || ' is ' || ${shortened(raw)} || ${literal(`, not ${accepted}`)}`;
}
