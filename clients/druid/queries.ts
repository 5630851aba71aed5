import * as z from 'zod';
import type { Interval } from '../../domain/business-date';
import { DaybreakError, messageOf } from '../../domain/errors';
import type { DruidHttp } from './http';

const flag = z.union([z.literal(0), z.literal(1)]).transform((value) => value === 1);

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    context.addIssue(messageOf(thrown));
    return z.NEVER;
  }
});
const shardSpec = z.looseObject({
  type: z.string(),
  partitionNum: z.number().optional(),
  partitions: z.number().optional(),
});

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
  shard_spec: jsonText.pipe(shardSpec),
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
  /** Whether a task added it to what was there, as realtime's tasks do, and did not replace anything by it. */
  readonly appended: boolean;
}

const segmentColumns = z.object({
  id: z.string(),
  columns: z.record(z.string(), z.looseObject({ typeSignature: z.string(), hasMultipleValues: z.boolean() })),
});
/** A segment's columns by name, with types such as LONG, ARRAY<STRING> and COMPLEX<json>. */
export type SegmentColumns = z.infer<typeof segmentColumns>;

/** Milliseconds. An hour of a very large day takes Druid minutes. */
const LONGEST_QUERY = 3_600_000;

/** Milliseconds. The broker answers these from its memory: without any segment, and without another server. */
const LONGEST_METADATA_QUERY = 15_000;

/** A cached realtime count would prove nothing. */
const FRESH = { useCache: false, populateCache: false, timeout: LONGEST_QUERY };

/** Druid SQL, on the broker. */
export function createQueries(broker: DruidHttp) {
  /** Rows of a query. `parameters` fill its question marks, in order. Druid has `timeout` milliseconds. */
  async function sql<T>(
    query: string,
    parameters: readonly (string | number)[],
    row: z.ZodType<T>,
    timeout = LONGEST_QUERY,
  ): Promise<T[]> {
    const types = { string: 'VARCHAR', number: 'BIGINT' } as const;
    return broker.request(
      {
        method: 'post',
        url: '/druid/v2/sql',
        timeout,
        data: {
          query,
          resultFormat: 'object',
          parameters: parameters.map((value) => ({ type: types[typeof value as 'string' | 'number'], value })),
          context: { ...FRESH, timeout, sqlTimeZone: 'Etc/UTC' },
        },
      },
      z.array(row),
    );
  }

  async function columns(datasource: string): Promise<string[]> {
    const found = await sql(
      "SELECT COLUMN_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_SCHEMA = 'druid' AND TABLE_NAME = ?",
      [datasource],
      z.object({ COLUMN_NAME: z.string() }),
      LONGEST_METADATA_QUERY,
    );
    return found.map(({ COLUMN_NAME: name }) => name);
  }

  return {
    sql,

    /** The rows of a query as JSON lines, arrays as arrays, in parts of any size. Throws DRUID_UNREACHABLE if Druid breaks off. */
    async *sqlLines(query: string): AsyncGenerator<Buffer> {
      const body = await broker.stream({
        method: 'post',
        url: '/druid/v2/sql',
        timeout: 0,
        data: { query, resultFormat: 'objectLines', context: { ...FRESH, sqlStringifyArrays: false } },
      });
      let end = '';
      for await (const chunk of body as AsyncIterable<Buffer>) {
        end = (end + chunk.subarray(-2).toString('latin1')).slice(-2);
        yield chunk;
      }
      // Druid marks the end with an empty line, also of no rows. One line break may be that between two rows.
      if (end !== '\n\n') throw brokenOff(query);
    },

    /**
     * The columns of a datasource, as the broker knows them. None before its first segment exists, and none again once
     * its last segment is dropped.
     */
    columns,

    /** Whether the broker knows the datasource. */
    hasDatasource: async (datasource: string): Promise<boolean> => (await columns(datasource)).length > 0,

    /** Whether Druid has an SQL function: some come with extensions. */
    async hasFunction(name: string): Promise<boolean> {
      const found = await sql(
        'SELECT ROUTINE_NAME FROM INFORMATION_SCHEMA.ROUTINES WHERE ROUTINE_NAME = ?',
        [name],
        z.object({ ROUTINE_NAME: z.string() }),
        LONGEST_METADATA_QUERY,
      );
      return found.length > 0;
    },

    /** The columns of each segment that answers queries of the interval. */
    async segmentColumns(datasource: string, { start, end }: Interval): Promise<SegmentColumns[]> {
      return broker.request(
        {
          method: 'post',
          url: '/druid/v2',
          timeout: LONGEST_QUERY,
          data: {
            queryType: 'segmentMetadata',
            dataSource: datasource,
            intervals: [`${start}/${end}`],
            merge: false,
            analysisTypes: [],
            context: FRESH,
          },
        },
        z.array(segmentColumns),
      );
    },

    /** All segments that touch the interval, also overshadowed ones. */
    async segments(datasource: string, { start, end }: Interval): Promise<Segment[]> {
      // A plain select: aggregating over sys.segments fails inside Druid 33.
      const rows = await sql(
        'SELECT segment_id, "start", "end", version, num_rows, is_published, is_available, is_realtime, is_overshadowed, ' +
          'last_compaction_state, shard_spec FROM sys.segments WHERE datasource = ? AND "start" < ? AND "end" > ?',
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
        appended: isAppended(row.shard_spec),
      }));
    },
  };
}

/** A task that replaces an interval numbers all of its segments at once; later ones have numbers beyond these. */
function isAppended({ type, partitionNum, partitions }: z.infer<typeof shardSpec>): boolean {
  return type === 'numbered' && partitionNum !== undefined && partitions !== undefined && partitionNum >= partitions;
}

function brokenOff(query: string): DaybreakError {
  return new DaybreakError('DRUID_UNREACHABLE', {
    what: `Druid's broker broke off its answer to ${query}`,
    remedy: 'Look at its log; the query can be asked again.',
  });
}
