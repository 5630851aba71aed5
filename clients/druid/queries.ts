import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import * as z from 'zod';
import type { Interval } from '../../domain/business-date';
import { DaybreakError } from '../../domain/errors';
import type { DruidHttp } from './http';

const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

const segment = z.object({
  segment_id: z.string(),
  start: z.string(),
  end: z.string(),
  version: z.string(),
  num_rows: z.number(),
  is_published: flag,
  is_available: flag,
  is_realtime: flag,
  is_overshadowed: flag,
  last_compaction_state: z.string().nullish(),
});

export interface Segment {
  readonly id: string;
  readonly start: string;
  readonly end: string;
  readonly version: string;
  /** 0 for a segment that is not loaded, and for a tombstone. */
  readonly rows: number;
  readonly published: boolean;
  readonly available: boolean;
  readonly realtime: boolean;
  /** Whether published segments overshadow it completely. */
  readonly overshadowed: boolean;
  /** Whether Druid's automatic compaction made it. */
  readonly compacted: boolean;
}

/** Druid SQL, on the broker. */
export function createQueries(broker: DruidHttp) {
  /** Rows of a query. `parameters` fill its question marks, in order. */
  async function sql<T>(query: string, parameters: readonly (string | number)[], row: z.ZodType<T>): Promise<T[]> {
    const types = { string: 'VARCHAR', number: 'BIGINT' } as const;
    return broker.request(
      {
        method: 'post',
        url: '/druid/v2/sql',
        timeout: 300_000,
        data: {
          query,
          resultFormat: 'object',
          parameters: parameters.map((value) => ({ type: types[typeof value as 'string' | 'number'], value })),
          // A cached realtime count would prove nothing.
          context: { useCache: false, populateCache: false, sqlTimeZone: 'Etc/UTC' },
        },
      },
      z.array(row),
    );
  }

  return {
    sql,

    /** Writes the rows of a query to `file` as JSON lines. Throws DRUID_UNREACHABLE if Druid breaks off the stream. */
    async sqlToFile(query: string, file: string): Promise<void> {
      const body = await broker.stream({
        method: 'post',
        url: '/druid/v2/sql',
        timeout: 0,
        data: { query, resultFormat: 'objectLines', context: { useCache: false, populateCache: false } },
      });
      let end = '';
      body.on('data', (chunk: Buffer) => (end = (end + chunk.toString('latin1')).slice(-2)));
      await pipeline(body, createWriteStream(file));
      // Druid marks the end with an empty line. Without it the answer is incomplete.
      if (!end.endsWith('\n')) throw brokenOff(query);
    },

    /** Whether the broker knows the datasource. It does not until the first segment exists. */
    async hasDatasource(datasource: string): Promise<boolean> {
      const tables = await sql(
        "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'druid' AND TABLE_NAME = ?",
        [datasource],
        z.object({ TABLE_NAME: z.string() }),
      );
      return tables.length > 0;
    },

    /** All segments that touch the interval, also overshadowed ones. */
    async segments(datasource: string, { start, end }: Interval): Promise<Segment[]> {
      // A plain select: aggregating over sys.segments fails inside Druid 33.
      const rows = await sql(
        'SELECT segment_id, "start", "end", version, num_rows, is_published, is_available, is_realtime, is_overshadowed, ' +
          'last_compaction_state FROM sys.segments WHERE datasource = ? AND "start" < ? AND "end" > ?',
        [datasource, end, start],
        segment,
      );
      return rows.map((row) => ({
        id: row.segment_id,
        start: row.start,
        end: row.end,
        version: row.version,
        rows: row.num_rows,
        published: row.is_published,
        available: row.is_available,
        realtime: row.is_realtime,
        overshadowed: row.is_overshadowed,
        compacted: row.last_compaction_state != null,
      }));
    },
  };
}

function brokenOff(query: string): DaybreakError {
  return new DaybreakError('DRUID_UNREACHABLE', {
    what: `Druid's broker broke off its answer to ${query}`,
    remedy: 'Look at its log; the query can be asked again.',
  });
}

/** A Druid SQL literal for an instant. */
export function timestampLiteral(instant: string): string {
  const parsed = new Date(instant);
  if (Number.isNaN(parsed.getTime())) {
    throw new DaybreakError('BAD_DATE', { what: `'${instant}' is not an instant`, remedy: 'Give ISO 8601.' });
  }
  return `TIMESTAMP '${parsed.toISOString().replace('T', ' ').replace('Z', '')}'`;
}
