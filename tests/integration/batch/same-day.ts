import type { DayManifest } from '../../../domain/day-manifest';
import { contentsOf } from '../../engines/scratch';

/**
 * The lines of the published files except the manifest, by file. Sorted, because a join of DuckDB's moves its unmatched
 * rows.
 */
async function linesOf(output: string, date: string): Promise<Record<string, string[]>> {
  const files = Object.entries(await contentsOf(output, date)).filter(([name]) => name !== '_manifest.json');
  return Object.fromEntries(
    files.map(([name, text]) => [name, name.startsWith('_') ? text.split('\n') : text.split('\n').sort()]),
  );
}

/** All of a manifest except what depends on the engine, and on the order of rows in its files. */
function comparable({ engine: _engine, hours, ...manifest }: DayManifest): object {
  return { ...manifest, hours: hours.map(({ sha256: _sha256, ...hour }) => hour) };
}

/** Expects a day that the engine spark built to be the day that the engine duckdb built. */
export async function expectSameDay(
  spark: DayManifest,
  duckDb: DayManifest,
  [ofSpark, ofDuckDb]: readonly [string, string],
): Promise<void> {
  expect(await linesOf(ofSpark, duckDb.date)).toEqual(await linesOf(ofDuckDb, duckDb.date));
  expect(comparable(spark)).toEqual(comparable(duckDb));
  expect(spark.engine).toBe('spark');
}
