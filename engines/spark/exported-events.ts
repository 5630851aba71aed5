import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { NO_ROWS, transformedRows, type RowEngine } from '../duckdb/hours/hour-output';
import { literal } from '../duckdb/sql';
import type { LoadedPipeline } from '../model/loaded-pipeline';
import { HOUR_SHIFT, POSITION } from './script';

/**
 * Writes the events of an hour, with their positions, to a Parquet file in `folder`, and an empty file in place of
 * their rows, which Spark makes later. DuckDB decides on which records the SQL fails, so that both engines quarantine
 * the same ones.
 */
export function exportedEvents(loaded: LoadedPipeline, folder: string): RowEngine {
  const { check } = transformedRows(loaded);
  return {
    check,
    async write(connection, path) {
      const hour = basename(path, '.ndjson');
      const position = `(${Number(hour)}::BIGINT << ${HOUR_SHIFT}) + row_number() OVER ()`;
      await check(connection);
      await connection.run(
        `COPY (SELECT ${position} AS ${POSITION}, * FROM events) TO ${literal(eventsFile(folder, hour))} (${SPARK_PARQUET})`,
      );
      await writeFile(path, '');
      return NO_ROWS;
    },
  };
}

/**
 * How DuckDB writes files for Spark. Uncompressed, because for snappy Java loads a library, and loads it wrongly on a
 * machine with two C libraries.
 */
export const SPARK_PARQUET = 'FORMAT parquet, COMPRESSION uncompressed';

export function eventsFile(folder: string, hour: string): string {
  return join(folder, `${hour}.parquet`);
}
