import * as z from 'zod';
import { listed } from './bounded-text';
import { isSameZone, isTimeZone, zonesInsteadOf } from './business-date';
import { COLUMN_TYPES, isColumnType, type ColumnType, type OutputType } from './column-types';
import { DaybreakError } from './errors';
import { columnName, columnOf, eventColumn, isOwnName, OTHER_NAMES, type ColumnSetting } from './event-columns';
import type { FileNaming } from './file-hours';
import { faultOfPattern, isHourly } from './file-pattern';
import { rowCheck } from './row-checks';
import { rollupFaults, rollupSetting, type Rollup } from './rollup';
import { faultOfTableFile, isByDate } from './table-file';

export { COLUMN_TYPES, type ColumnType } from './column-types';

/** The engines that can run the SQL of a day's build. */
export const ENGINES = ['duckdb', 'spark'] as const;
export type Engine = (typeof ENGINES)[number];

/** How a file separates its records. */
export const FRAMINGS = ['lines', 'json'] as const;
export type Framing = (typeof FRAMINGS)[number];

/** How published rows are compressed. */
export const COMPRESSIONS = ['none', 'gzip', 'zstd'] as const;
export type Compression = (typeof COMPRESSIONS)[number];

/** How Druid's rows of a day are compared with the batch's; see `proofKindOf`. */
export const PROOFS = ['auto', 'rows', 'aggregates'] as const;

/**
 * What a pipeline tells people: a night or a recompute that the gate refused or that failed, a day that was recomputed
 * for late rows, and a day that is not proven at the pipeline's deadline.
 */
export const NOTICE_KINDS = ['refused', 'failed', 'recomputed', 'overdue'] as const;
export type NoticeKind = (typeof NOTICE_KINDS)[number];

/** How a webhook's body is written: as Standard Webhooks define it, or as Slack's incoming webhooks take it. */
export const NOTICE_FORMATS = ['json', 'slack'] as const;
export type NoticeFormat = (typeof NOTICE_FORMATS)[number];

/** Variables with an address that is a setting of the worker and no webhook. The chart takes none of them as a secret. */
export const WORKER_ADDRESSES: readonly string[] = [
  'AWS_ENDPOINT_URL',
  'DAYBREAK_OUTPUT_URL',
  'DAYBREAK_WEBHDFS_URL',
  'DRUID_BROKER_URL',
  'DRUID_COORDINATOR_URL',
  'TEMPORAL_UI_URL',
];

/** How Druid reads published rows that are not in a folder. */
export const DRUID_READS = ['http', 's3', 'hdfs'] as const;

/** The most hours around a day whose files a pipeline may read. */
export const LARGEST_REACH = 48;

/** What follows a scheme is checked when the location is opened. Key and secret have no place in it. */
const LOCATION = /^(?:\/|(?:s3[an]?|hdfs|s?webhdfs|https?):\/\/[^@?#]+$)/;
const LOCATIONS = 'an absolute folder, s3://bucket/prefix, hdfs://host:port/path or webhdfs://host:port/path';
const location = z.string().max(1024).regex(LOCATION, LOCATIONS);
const anyIdentifier = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, 'a letter or _, then letters, digits or _');
const identifier = anyIdentifier.refine((name) => !isOwnName(name), OTHER_NAMES);
/** Daybreak adds this column itself. */
const OWN_DIGEST = 'daybreak_digest';
const pipelineName = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,62}$/, 'lower-case letters, digits and -, beginning with a letter');
const topic = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,249}$/, 'a Kafka topic: letters, digits, . _ -')
  .refine((name) => !/^\.{1,2}$/.test(name), "a Kafka topic, which is neither '.' nor '..'");
const datasource = z.string().regex(/^[A-Za-z0-9_-]{1,200}$/, 'a Druid datasource: letters, digits, _ -');
const columnsOf = <Name extends z.ZodString, Setting extends z.ZodType>(name: Name, setting: Setting) =>
  z
    .record(name, setting)
    .refine((all) => Object.keys(all).length > 0, 'at least one column')
    .refine((all) => distinctIgnoringCase(Object.keys(all)), 'names that differ in more than upper and lower case');
const tableColumns = columnsOf(identifier, z.enum(COLUMN_TYPES));
const delimiter = z
  .string()
  .regex(/^(?:[^"\r\n\0]|\\t)$/u, 'one character, neither " nor a line end, or \\t for a tab');
/** YAML reads +0900 as a number. */
const timeZone = (example: string): z.ZodString => {
  const error = ({ input }: { readonly input?: unknown }): string => zonesInsteadOf(input, example);
  return z.string({ error }).refine(isTimeZone, { error });
};
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'HH:MM');
const seconds = z.int().min(0).max(86_400);
const share = z.number().min(0).max(1);

export const pipelineSchema = z
  .strictObject({
    name: pipelineName.describe(
      'The name in workflow ids, Kafka groups and on the command line; the same as the folder.',
    ),
    timeZone: timeZone('Asia/Seoul').describe(
      'The zone in which a day begins and ends. Event times without an offset are in this zone too.',
    ),
    events: z.strictObject({
      columns: columnsOf(columnName, eventColumn).describe(
        'The fields of an event, each with its type or with type, path and lenient. Other fields are ignored.',
      ),
      time: z.strictObject({
        column: columnName.describe('The column that holds the time of the event.'),
        format: z
          .enum([
            'yyyy-MM-dd HH:mm:ss',
            'yyyy-MM-dd HH:mm:ss.SSS',
            "yyyy-MM-dd'T'HH:mm:ss",
            'local',
            'iso',
            'epoch-seconds',
            'epoch-milliseconds',
            'epoch-microseconds',
            'epoch-nanoseconds',
          ])
          .default('yyyy-MM-dd HH:mm:ss')
          .describe('Local text, ISO 8601 with offset, or a number since 1970.'),
      }),
      maximumBytes: z
        .int()
        .min(1024)
        .max(64 * 1024 ** 2)
        .default(1024 ** 2)
        .describe('The size of the largest record in bytes, in a file or in Kafka. A larger record is bad.'),
      maximumRows: z
        .int()
        .min(1)
        .max(10_000)
        .default(1)
        .describe(
          'How many rows unnest may make of an event. An event that gives more is a bad record. Default: 1, and no unnest.',
        ),
      identity: z
        .array(columnName)
        .min(1)
        .optional()
        .describe(
          'Records with equal values in these columns are the same event; the first of a day stays. Default: all columns.',
        ),
    }),
    tables: z
      .record(
        identifier,
        z.strictObject({
          file: z
            .string()
            .min(1)
            .max(1024)
            .superRefine((file, context) => {
              const fault = faultOfTableFile(file);
              if (fault !== undefined) context.addIssue(`a path, with %Y %m %d if the table is by date: ${fault}`);
            })
            .describe(
              'Path inside the pipeline folder, or below the location. With %Y %m %d a day takes the latest version at or before it, and realtime the latest up to today.',
            ),
          location: location
            .optional()
            .describe(
              'Where the file is: an absolute folder, s3://bucket/prefix, hdfs://host:port/path or webhdfs://host:port/path. Default: the pipeline folder.',
            ),
          format: z.enum(['ndjson', 'json', 'csv']).describe('json is one array of objects; csv has a header line.'),
          delimiter: delimiter
            .optional()
            .describe('What separates the fields of a csv: one character, or \\t. Default: a comma.'),
          columns: tableColumns.describe('Its columns and their types: VARCHAR, BIGINT, DOUBLE or BOOLEAN.'),
          key: z
            .array(identifier)
            .min(1)
            .describe('Columns whose values are unique in the table, so that a join cannot multiply rows.'),
          allowDuplicateKeys: z
            .boolean()
            .default(false)
            .describe('Allow the key to repeat, and a join to multiply rows.'),
        }),
      )
      .default({})
      .describe('Static tables, by the name that the SQL gives them.'),
    files: z.strictObject({
      location: location
        .optional()
        .describe(
          'Where the input files are: an absolute folder, s3://bucket/prefix, hdfs://host:port/path or webhdfs://host:port/path. Default: <DAYBREAK_DATA>/<pipeline>/input.',
        ),
      pattern: z
        .string()
        .max(1024)
        .superRefine((pattern, context) => {
          const fault = faultOfPattern(pattern);
          if (fault !== undefined) context.addIssue(`a path with %Y %m %d, and %H unless a file is a day's: ${fault}`);
        })
        .describe(
          'Names of the input files, with %Y %m %d %H %M and *. May have folders. %-H is an hour without a leading zero. Without %H a file has a whole day.',
        ),
      framing: z
        .enum(FRAMINGS)
        .default('lines')
        .describe(
          'lines: one record a line. json: JSON objects with nothing, blanks or commas between them, or one array of them.',
        ),
      timeZone: timeZone('UTC')
        .optional()
        .describe("The zone of the date and hour in these names. Default: the pipeline's."),
      reachHours: z
        .int()
        .min(0)
        .max(LARGEST_REACH)
        .default(1)
        .describe('How many hours before and after the day are read too: a shipper may file events by their arrival.'),
    }),
    output: z
      .strictObject({
        location: location
          .optional()
          .describe(
            'Where recomputed days are published: an absolute folder, s3://bucket/prefix, hdfs://host:port/path or webhdfs://host:port/path. Default: <DAYBREAK_DATA>/<pipeline>/output.',
          ),
        compression: z
          .enum(COMPRESSIONS)
          .default('none')
          .describe('How the files of rows are compressed from the next build on. zstd needs Node 22.15 or newer.'),
      })
      .prefault({}),
    kafka: z.strictObject({
      topic: topic.describe('Where the events arrive.'),
      outputTopic: topic.describe('Where the transformed rows go. Must not be the topic of the events.'),
      deadLetterTopic: topic
        .optional()
        .describe('Where dead letters go. Must be a third topic. Default: the topic with _dlq.'),
      sharedTopic: z
        .boolean()
        .default(false)
        .describe(
          'Other pipelines may read or write the events too. A replay of dead letters then reaches all of them.',
        ),
      partitions: z
        .int()
        .min(1)
        .max(1000)
        .default(3)
        .describe('The number of partitions of topics that Daybreak creates.'),
      key: columnName.describe('The output column that becomes the message key.'),
    }),
    druid: z.strictObject({
      datasource: datasource.describe('The datasource that realtime loads and that queries read.'),
      replace: z
        .enum(['realtime', 'separate'])
        .default('realtime')
        .describe("Whether a recomputed day replaces realtime's rows, or is loaded into a datasource of its own."),
      batchDatasource: datasource
        .optional()
        .describe('Where a recomputed day goes with replace: separate. Default: the datasource with _batch.'),
      timeColumn: columnName
        .optional()
        .describe("The output column that becomes __time. Default: the events' time column."),
      rowTime: z
        .enum(['event', 'hour'])
        .default('event')
        .describe(
          "What a row's time must be: the time of its event, or a time of the same local hour. Else the event is a bad record.",
        ),
      taskDurationSeconds: seconds
        .default(3600)
        .describe('How long a realtime task reads before it hands its segments off.'),
      tasks: z
        .strictObject({
          count: z
            .int()
            .min(1)
            .max(1000)
            .default(1)
            .describe('How many realtime tasks share the partitions of the output topic.'),
          replicas: z
            .int()
            .min(1)
            .max(10)
            .default(1)
            .describe('How many tasks read each partition, so that its rows can be queried if a server dies.'),
        })
        .prefault({}),
      segmentGranularity: z
        .enum(['DAY', 'HOUR'])
        .default('DAY')
        .describe('Whether a segment of a recomputed day holds rows of the whole day or of one hour.'),
      maxRowsPerSegment: z
        .int()
        .min(1)
        .default(5_000_000)
        .describe('How many rows a segment holds at most, of a recomputed day and of realtime.'),
      partitionBy: z
        .array(identifier)
        .min(1)
        .optional()
        .describe(
          'Text columns of the output by whose values a recomputed day is split into segments, so that queries that filter by them read fewer. The task that loads the day then needs two slots of Druid or more: its work is done by subtasks. Default: segments are filled in the order of the rows.',
        ),
      parallelSubtasks: z
        .int()
        .min(1)
        .optional()
        .describe("How many of Druid's tasks load a day at once. Default: by its rows and the free slots of Druid."),
      rollup: rollupSetting
        .optional()
        .describe(
          'Druid keeps one row for the events of a time and of equal dimensions, with metrics over them. Default: a row for each event.',
        ),
      digestColumn: anyIdentifier
        .refine((name) => !isOwnName(name) || name === OWN_DIGEST, `${OWN_DIGEST}, or ${OTHER_NAMES}`)
        .optional()
        .describe(
          'A column that Daybreak adds to each output row: a 64-bit digest of the row, which a proof by aggregates compares too. Default: none.',
        ),
      inputSource: z
        .enum(DRUID_READS)
        .default('http')
        .describe(
          "How Druid reads a day from output.location in S3 or HDFS: http needs no extension; s3 and hdfs need Druid's extension of that name.",
        ),
      servedWithinSeconds: seconds
        .default(900)
        .describe(
          'How long Druid may take, after the task, until it serves a recomputed day from its new segments only.',
        ),
    }),
    matchColumn: columnName
      .optional()
      .describe('An output column that is null if the join found nothing. Such rows count as unmatched.'),
    checks: z
      .array(rowCheck)
      .max(50)
      .refine((checks) => distinctIgnoringCase(checks.map(({ name }) => name)), 'checks of different names')
      .default([])
      .describe('What must not be in the rows. A day with more wrong rows than a check allows is refused.'),
    batch: z
      .strictObject({
        engine: z
          .enum(ENGINES)
          .default('duckdb')
          .describe('Where a day is built, always with DuckDB: inside the worker, or in the tasks of Apache Spark.'),
      })
      .prefault({}),
    schedule: z
      .strictObject({
        at: timeOfDay
          .default('00:30')
          .describe(
            'Local time of the nightly run for the day before. If the clocks change then, the run starts at a full hour nearby.',
          ),
        jitterSeconds: seconds
          .default(0)
          .describe('The run starts up to this much later, so that many pipelines do not start at once.'),
        catchUpDays: z
          .int()
          .min(1)
          .max(365)
          .default(30)
          .describe('Missed nights of the last so many days are caught up. Older ones need a backfill.'),
        pauseOnFailure: z
          .boolean()
          .default(false)
          .describe('After a failed night, start no more nights. Default: a failed day stops no other.'),
      })
      .prefault({}),
    lateData: z
      .strictObject({
        days: z
          .int()
          .min(0)
          .max(365)
          .default(7)
          .describe('How many finished days are checked each hour for files that changed; 0 for none.'),
        minimumRows: z.int().min(1).default(1).describe('A day with fewer late rows than this is not recomputed yet.'),
        minimumHoursBetween: z
          .number()
          .min(0)
          .max(720)
          .default(6)
          .describe(
            'A day is recomputed for late rows this many hours after its last build, and after a run that failed, at the earliest.',
          ),
        missedDays: z
          .enum(['report', 'build'])
          .default('report')
          .describe('Whether the hourly check reports a finished day that has files and no build, or builds it.'),
      })
      .prefault({}),
    gate: z
      .strictObject({
        settleSeconds: seconds.default(60).describe('How long no file must have changed.'),
        settleTimeoutSeconds: seconds.default(3600).describe('How long to wait for that. Then the day is refused.'),
        allowedMissingHours: z
          .int()
          .min(0)
          .max(25)
          .default(0)
          .describe('How many hours of the day may lack an input file.'),
        maximumShortfall: share
          .default(0.01)
          .describe("The share of the day's distinct realtime rows that the batch may lack."),
        maximumQuarantined: share
          .default(0.05)
          .describe("The share of the day's records that may be bad. Bad records are in the quarantine."),
        maximumOutsideDay: share
          .default(0.05)
          .describe("The share of the records in the day's own files that may be of other days."),
      })
      .prefault({}),
    proof: z
      .enum(PROOFS)
      .default('auto')
      .describe(
        "How Druid's rows of a day are compared with the batch's: rows compares every row; aggregates compares counts and sums of each hour and column, for days of any size; auto takes rows up to 2,000,000 rows.",
      ),
    notify: z
      .strictObject({
        on: z
          .array(z.enum(NOTICE_KINDS))
          .default([...NOTICE_KINDS])
          .describe(
            'Which notices are sent. refused and failed: a night or a recompute ended so. recomputed: a day had late rows. overdue: a day is not proven at provenBy.',
          ),
        provenBy: timeOfDay
          .optional()
          .describe('Local time at which the day before must be proven. Default: no deadline.'),
        webhooks: z
          .array(
            z.strictObject({
              variable: z
                .string()
                .regex(/^[A-Z][A-Z0-9_]{0,60}_URL$/, 'the name of an environment variable that ends with _URL')
                .refine(
                  (name) => !WORKER_ADDRESSES.includes(name),
                  `an environment variable of its own, none of ${WORKER_ADDRESSES.join(', ')}`,
                )
                .describe(
                  "The environment variable of the worker that holds the webhook's address, which is a secret.",
                ),
              format: z.enum(NOTICE_FORMATS).describe('slack, or json as Standard Webhooks define it.'),
            }),
          )
          .max(10)
          .refine((all) => new Set(all.map(({ variable }) => variable)).size === all.length, 'each variable once')
          .default([])
          .describe("Where notices are sent. Default: the worker's DAYBREAK_WEBHOOK_URL and DAYBREAK_SLACK_URL."),
      })
      .prefault({}),
    retention: z
      .strictObject({ outputs: z.int().min(1).default(3).describe('How many published outputs of a day are kept.') })
      .prefault({}),
  })
  .superRefine((pipeline, context) => {
    for (const { path, message } of contradictions(pipeline)) context.addIssue({ code: 'custom', path, message });
  })
  .describe('A Daybreak pipeline: one event stream, one SQL, both layers.');

interface Contradiction {
  readonly path: (string | number)[];
  /** The values that are accepted there. */
  readonly message: string;
}

/** Settings that are valid alone but contradict each other. */
function contradictions(pipeline: PipelineSettings): Contradiction[] {
  const { events, tables, kafka, files, output, druid, timeZone, schedule, notify, proof } = pipeline;
  const found: Contradiction[] = [];
  if (notify.provenBy !== undefined && notify.provenBy <= schedule.at) {
    found.push({ path: ['notify', 'provenBy'], message: `a time after ${schedule.at}, when the nightly run begins` });
  }
  const schemes = { http: /^/, s3: /^s3/, hdfs: /^(?:hdfs|s?webhdfs):/ }[druid.inputSource];
  if (!schemes.test(output.location ?? '')) {
    found.push({ path: ['druid', 'inputSource'], message: `http, or an output.location in ${druid.inputSource}` });
  }
  if (!isHourly(files.pattern) && files.timeZone !== undefined && !isSameZone(files.timeZone, timeZone)) {
    found.push({ path: ['files', 'timeZone'], message: `${timeZone}, the pipeline's zone, for files of a day each` });
  }
  if (druid.rollup !== undefined) {
    for (const { path, message } of rollupFaults(druid.rollup, timeZone)) {
      found.push({ path: ['druid', 'rollup', ...path], message });
    }
    if (druid.digestColumn !== undefined) {
      found.push({ path: ['druid', 'digestColumn'], message: 'none with druid.rollup, which keeps no single event' });
    }
    if (proof === 'rows') {
      found.push({ path: ['proof'], message: 'auto or aggregates with druid.rollup, which keeps no single event' });
    }
    druid.partitionBy?.forEach((name, index) => {
      if (druid.rollup?.dimensions.includes(name) === true) return;
      found.push({ path: ['druid', 'partitionBy', index], message: 'one of druid.rollup.dimensions' });
    });
  }
  const { column, format } = events.time;
  const expected: readonly string[] = timeTypesOf(format);
  const time = columnOf(events.columns, column);
  if (time === undefined) {
    found.push({ path: ['events', 'time', 'column'], message: `one of ${listed(Object.keys(events.columns))}` });
  } else if (!expected.includes(time.type)) {
    const message = `${expected.join(' or ')}, which the time format ${format} needs`;
    found.push({ path: ['events', 'columns', column], message });
  }
  events.identity?.forEach((name, index) => {
    if (Object.hasOwn(events.columns, name)) return;
    found.push({ path: ['events', 'identity', index], message: `one of ${listed(Object.keys(events.columns))}` });
  });
  for (const [table, { columns: declared, key, format: layout, delimiter: between }] of Object.entries(tables)) {
    if (table in Object.prototype)
      found.push({ path: ['tables', table], message: 'a name that no JavaScript object has' });
    if (table.toLowerCase() === 'events')
      found.push({ path: ['tables', table], message: "another name than 'events'" });
    key.forEach((name, index) => {
      if (Object.hasOwn(declared, name)) return;
      found.push({ path: ['tables', table, 'key', index], message: `one of ${listed(Object.keys(declared))}` });
    });
    if (between !== undefined && layout !== 'csv') {
      found.push({ path: ['tables', table, 'delimiter'], message: 'a delimiter only where the format is csv' });
    }
  }
  if (!distinctIgnoringCase(Object.keys(tables))) {
    found.push({ path: ['tables'], message: 'names that differ in more than upper and lower case' });
  }
  // Rows written to the topic that is read would come back forever.
  const deadLetters = kafka.deadLetterTopic ?? `${kafka.topic}_dlq`;
  if (sameTopic(kafka.outputTopic, kafka.topic)) {
    found.push({ path: ['kafka', 'outputTopic'], message: 'another topic than that of the events' });
  }
  if (sameTopic(deadLetters, kafka.topic) || sameTopic(deadLetters, kafka.outputTopic)) {
    found.push({
      path: ['kafka', kafka.deadLetterTopic === undefined ? 'outputTopic' : 'deadLetterTopic'],
      message: `a topic for dead letters, ${deadLetters}, that is used for nothing else`,
    });
  }
  return found;
}

/** The types that the time column of an event may have in this format. A DOUBLE has seconds with a fraction. */
export function timeTypesOf(format: string): readonly ColumnType[] {
  if (format === 'epoch-seconds') return ['BIGINT', 'DOUBLE'];
  return [format.startsWith('epoch') ? 'BIGINT' : 'VARCHAR'];
}

/**
 * Kafka creates no topic whose name differs from another only in . and _, because its metrics cannot distinguish them.
 */
export function sameTopic(one: string, other: string): boolean {
  return one.replaceAll('.', '_') === other.replaceAll('.', '_');
}

/** SQL ignores the case of names. */
function distinctIgnoringCase(names: readonly string[]): boolean {
  return new Set(names.map((name) => name.toLowerCase())).size === names.length;
}

interface PipelineSettings {
  readonly timeZone: string;
  readonly schedule: { readonly at: string };
  readonly notify: { readonly provenBy?: string | undefined };
  readonly proof: (typeof PROOFS)[number];
  readonly output: { readonly location?: string | undefined };
  readonly druid: {
    readonly inputSource: (typeof DRUID_READS)[number];
    readonly rollup?: Rollup | undefined;
    readonly digestColumn?: string | undefined;
    readonly partitionBy?: readonly string[] | undefined;
  };
  readonly files: { readonly pattern: string; readonly timeZone?: string | undefined };
  readonly events: {
    readonly columns: Readonly<Record<string, ColumnSetting>>;
    readonly time: { readonly column: string; readonly format: string };
    readonly identity?: readonly string[] | undefined;
  };
  readonly tables: Readonly<
    Record<
      string,
      {
        readonly columns: Readonly<Record<string, ColumnType>>;
        readonly key: readonly string[];
        readonly format: string;
        readonly delimiter?: string | undefined;
      }
    >
  >;
  readonly kafka: {
    readonly topic: string;
    readonly outputTopic: string;
    readonly deadLetterTopic?: string | undefined;
  };
}

/** A pipeline as pipeline.yaml gives it, with its defaults filled in. */
export type Pipeline = z.infer<typeof pipelineSchema>;
export type TimeFormat = Pipeline['events']['time']['format'];

/** The name unchanged. Throws UNKNOWN_PIPELINE for an impossible name, such as a path. */
export function parsePipelineName(text: string): string {
  if (pipelineName.safeParse(text).success) return text;
  throw new DaybreakError('UNKNOWN_PIPELINE', {
    what: `${JSON.stringify(text)} is not a valid pipeline name`,
    remedy: 'Use lower-case letters, digits and -, and begin with a letter.',
  });
}

/** The JSON Schema of pipeline.yaml, for editors and other programs. */
export function pipelineJsonSchema(): object {
  return z.toJSONSchema(pipelineSchema, { io: 'input' });
}

/** A column of the transform's result, in the SQL's order. */
export interface OutputColumn {
  readonly name: string;
  readonly type: OutputType;
}

/** The columns that decide whether two records are the same event. */
export function identityOf(pipeline: Pipeline): readonly string[] {
  // Once each, since somebody may name a column twice.
  return [...new Set(pipeline.events.identity ?? Object.keys(pipeline.events.columns))];
}

/** Whether records with the same identity are the same in every column. */
export function isWholeRecord(pipeline: Pipeline): boolean {
  return identityOf(pipeline).length === Object.keys(pipeline.events.columns).length;
}

/** Whether duplicates can be in different hours: their identity does not include the time. */
export function spansHours(pipeline: Pipeline): boolean {
  return !identityOf(pipeline).includes(pipeline.events.time.column);
}

/** The location of the input files. `folder` is that of the pipeline's data. */
export function inputLocationOf({ files }: Pipeline, folder: string): string {
  return files.location ?? `${folder}/input`;
}

/** The location of the published days. `folder` is that of the pipeline's data. */
export function outputLocationOf({ output }: Pipeline, folder: string): string {
  return output.location ?? `${folder}/output`;
}

/** How to read the names of the hourly files. */
export function fileNamingOf({ files, timeZone }: Pipeline): FileNaming {
  const unit = isHourly(files.pattern) ? 'hour' : 'day';
  return { timeZone: files.timeZone ?? timeZone, reachHours: files.reachHours, unit };
}

/** What separates the fields of a csv table. */
export function delimiterOf({ delimiter = ',' }: Pipeline['tables'][string]): string {
  return delimiter === '\\t' ? '\t' : delimiter;
}

/** The names of the tables that have a version for each day. */
export function tablesByDate({ tables }: Pick<Pipeline, 'tables'>): string[] {
  return Object.keys(tables).filter((name) => isByDate(tables[name]?.file ?? ''));
}

/** Whether the transform may make several rows from one event. */
export function multipliesRows({ events, tables }: Pipeline): boolean {
  return unnestsEvents({ events }) || Object.values(tables).some(({ allowDuplicateKeys }) => allowDuplicateKeys);
}

/** Whether the transform may make several rows from one event by unnest. */
export function unnestsEvents({ events }: Pick<Pipeline, 'events'>): boolean {
  return events.maximumRows > 1;
}

export function deadLetterTopicOf(pipeline: Pipeline): string {
  return pipeline.kafka.deadLetterTopic ?? `${pipeline.kafka.topic}_dlq`;
}

/** The datasource that a recomputed day goes to. */
export function batchDatasourceOf({ druid }: Pipeline): string {
  return druid.replace === 'realtime' ? druid.datasource : (druid.batchDatasource ?? `${druid.datasource}_batch`);
}

/** The column of row digests as an output column; undefined if the pipeline has none. */
export function digestColumnOf({ druid }: Pipeline): OutputColumn | undefined {
  return druid.digestColumn === undefined ? undefined : { name: druid.digestColumn, type: 'BIGINT' };
}

/** The type of the time column, for events and for the output. */
export function timeTypeOf({ events }: Pipeline): ColumnType {
  const type = columnOf(events.columns, events.time.column)?.type ?? 'VARCHAR';
  return isColumnType(type) ? type : 'VARCHAR';
}

/** Whether event times are local text, without an offset. */
export function isLocalTime({ events }: Pipeline): boolean {
  const { format } = events.time;
  return format !== 'iso' && !format.startsWith('epoch');
}

/** The output column that becomes Druid's __time. */
export function outputTimeColumnOf(pipeline: Pipeline): string {
  return pipeline.druid.timeColumn ?? pipeline.events.time.column;
}
