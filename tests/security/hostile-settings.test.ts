import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import * as fc from 'fast-check';
import * as z from 'zod';
import { dayInterval } from '../../domain/business-date';
import { distinctQuery, figuresQueries, rowsQuery, type RowSource } from '../../domain/druid/day-queries';
import { reindexSpec } from '../../domain/druid/reindex-spec';
import { supervisorSpec } from '../../domain/druid/supervisor-spec';
import { timeExpression } from '../../domain/druid/time';
import { DaybreakError } from '../../domain/errors';
import { pipelineSchema, type OutputColumn, type Pipeline } from '../../domain/pipeline';
import { checkOutputColumns } from '../../engines/pipeline/output-columns';
import { parsePipelineYaml } from '../../engines/pipeline/pipeline-yaml';
import { readConfig } from '../../worker/config';
import { DAY } from '../engines/scratch';

/** All tests together try about ten thousand. */
const RUNS = 3_000;

/** What would end a text, a name, a comment or a line early where it is inserted, and what only looks like it. */
const PIECES = [
  ...[
    `'`,
    `''`,
    `"`,
    `""`,
    '`',
    '\\',
    `\\'`,
    '(',
    ')',
    ' || ',
    ',',
    ';',
    '--',
    '/*',
    '*/',
    '#',
    '?',
    '{',
    '}',
    '[',
    ']',
    ':',
    '=',
  ],
  ...[
    '\0',
    '\n',
    '\r',
    '\t',
    '\u001b[2J',
    '\u0085',
    '\u2028',
    '\u202e',
    '\ud800',
    'é',
    'e\u0301',
    '＇',
    '%Y',
    '$',
    '${x}',
    '{{x}}',
    '../',
    '/',
  ],
  ...[
    'Asia/Seoul',
    '+09:00',
    'UTC',
    'SELECT 1',
    'x',
    '1',
    '_',
    '-',
    '.',
    ' ',
    'true',
    'constructor',
    'sasl.jaas.config',
  ],
];
const INJECTIONS = [
  `x') || (SELECT 1) || TIME_FORMAT(__time, 'HH', '+09:00`,
  `x" FROM sys.segments --`,
  `x') || "hello" || ('`,
  `\\') + ("hello`,
  `x"; DROP TABLE x; --`,
  `PLAIN\nsasl.jaas.config=com.sun.security.auth.module.JndiLoginModule required user.provider.url="ldap://x";`,
  `x" required; com.sun.security.auth.module.JndiLoginModule required user="`,
  'UTC+09:00',
  'Europe/Berlin+09:00',
];
const hostile = fc.oneof(
  fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join('')),
  fc.string({ unit: 'binary', minLength: 1, maxLength: 40 }),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }),
  fc.constantFrom(...INJECTIONS),
);

const JAVASCRIPT_NAMES = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineGetter__');

/** Every text setting, with values that are not the default if possible. */
const SETTINGS = {
  name: 'events',
  timeZone: 'Asia/Seoul',
  events: {
    columns: { time: 'VARCHAR', id: 'BIGINT', hello: 'VARCHAR' },
    time: { column: 'time', format: 'yyyy-MM-dd HH:mm:ss' },
    identity: ['id'],
  },
  tables: {
    names: {
      file: 'names.csv',
      format: 'csv',
      delimiter: ';',
      columns: { uid: 'BIGINT', name: 'VARCHAR' },
      key: ['uid'],
    },
  },
  files: { pattern: 'names.%Y%m%d.%H*.json', timeZone: 'UTC' },
  kafka: { topic: 'in', outputTopic: 'out', deadLetterTopic: 'dead', key: 'id' },
  druid: { datasource: 'rows', replace: 'separate', batchDatasource: 'days', timeColumn: 'time', rowTime: 'event' },
  matchColumn: 'hello',
  batch: { engine: 'duckdb' },
  schedule: { at: '00:30' },
  lateData: { missedDays: 'report' },
};
const COLUMNS: readonly OutputColumn[] = [
  { name: 'time', type: 'VARCHAR' },
  { name: 'id', type: 'BIGINT' },
  { name: 'hello', type: 'VARCHAR' },
];

type Path = readonly (string | number)[];
const texts = (value: unknown, path: Path = []): Path[] => {
  if (typeof value === 'string') return [path];
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, child]) => texts(child, [...path, key]))
    : [];
};

/** The settings as YAML, with another text at `path`. */
function yamlWith(path: Path, value: string): string {
  const changed: unknown = structuredClone(SETTINGS);
  let parent = changed as Record<string, unknown>;
  for (const key of path.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
  parent[String(path.at(-1))] = value;
  return JSON.stringify(changed);
}

function at(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((parent, key) => (parent as Record<string, unknown>)[key], value);
}

/** Undefined if a named error refuses it. */
function accepted<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof DaybreakError && ['BAD_PIPELINE', 'BAD_TRANSFORM', 'BAD_CONFIGURATION'].includes(thrown.code))
      return undefined;
    throw thrown;
  }
}

describe('each text of pipeline.yaml', () => {
  it.each(texts(SETTINGS).map((path) => [path.join('.'), path] as const))(
    '%s is refused, or is in the specs as it is',
    (_, path) => {
      fc.assert(
        fc.property(hostile, (value) => {
          const pipeline = accepted(() => parsePipelineYaml(yamlWith(path, value), 'pipeline.yaml'));
          if (pipeline === undefined) return;
          expect(at(pipeline, path)).toBe(value);
          expectInSpecs(pipeline, COLUMNS);
        }),
        { numRuns: RUNS / 20 },
      );
    },
  );

  const IDENTIFIER = /^[A-Za-z_]\w{0,62}$/;
  it.each([
    ['a column of the events', ['events', 'columns'], /^[^\p{C}"'`\\]{1,200}$/u],
    ['a table', ['tables'], IDENTIFIER],
    ['a column of a table', ['tables', 'names', 'columns'], IDENTIFIER],
    ['a setting', [], IDENTIFIER],
  ] as const)('as the name of %s is refused, or is one that SQL can quote', (_, parent, accepts) => {
    fc.assert(
      fc.property(fc.oneof({ weight: 9, arbitrary: hostile }, JAVASCRIPT_NAMES), (name) => {
        const value = parent.length === 1 ? SETTINGS.tables.names : 'VARCHAR';
        const changed: unknown = structuredClone(SETTINGS);
        // An assignment would set __proto__ of the object itself.
        Object.defineProperty(at(changed, parent), name, { value, enumerable: true });
        const pipeline = accepted(() => parsePipelineYaml(JSON.stringify(changed), 'pipeline.yaml'));
        if (pipeline === undefined) return;
        expect(name).toMatch(accepts);
        expect(Object.keys(at(pipeline, parent) as object)).toContain(name);
      }),
      { numRuns: RUNS / 6 },
    );
  });
});

describe("Druid's SQL", () => {
  let connection: DuckDBConnection;
  beforeAll(async () => {
    connection = await (await DuckDBInstance.create(':memory:')).connect();
  });
  afterAll(() => {
    connection.closeSync();
  });

  const sourceOf = ({ druid: { datasource }, timeZone }: Pipeline): RowSource => ({
    datasource,
    intervals: [dayInterval(DAY, timeZone)],
  });

  /** A statement as an SQL parser reads it, as JSON. */
  async function parsed(sql: string): Promise<string> {
    const reader = await connection.runAndReadAll('SELECT json_serialize_sql($1::VARCHAR)', [sql]);
    return z.string().parse(reader.getRowsJson()[0]?.[0]);
  }

  /** The statement for a day's rows. */
  async function statement(pipeline: Pipeline, columns: readonly OutputColumn[]) {
    const read = await parsed(rowsQuery(pipeline, columns, sourceOf(pipeline)));
    return statementSchema.parse(JSON.parse(read)).statements[0].node;
  }

  /** The columns in the statements for a day's figures and for its distinct rows, each once. */
  async function columnsCounted(pipeline: Pipeline, columns: readonly OutputColumn[]): Promise<string[][]> {
    const source = sourceOf(pipeline);
    const [figures] = figuresQueries(pipeline, columns, source);
    return Promise.all(
      [figures?.query ?? '', distinctQuery(pipeline, columns, source)].map(async (sql) => {
        const names = (await parsed(sql)).matchAll(/"column_names":(\["(?:[^"\\]|\\.)*"\])/g);
        return [...new Set([...names].map(([, list = '']) => (JSON.parse(list) as [string])[0]))].sort();
      }),
    );
  }

  it('has a zone, a datasource and a format each as one literal or one name', async () => {
    const paths = [['timeZone'], ['druid', 'datasource'], ['events', 'time', 'format']] as const;
    const zones = fc.constantFrom('Etc/GMT-9', 'America/Port-au-Prince', 'GMT', 'EST5EDT', 'Antarctica/DumontDUrville');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...paths),
        fc.oneof({ weight: 9, arbitrary: hostile }, zones),
        async (path, value) => {
          const pipeline = accepted(() => parsePipelineYaml(yamlWith(path, value), 'pipeline.yaml'));
          if (pipeline === undefined) return;
          const { select_list: selected, from_table: from } = await statement(pipeline, COLUMNS);
          expect(from.table_name).toBe(pipeline.druid.datasource);
          expect(selected.map(({ class: kind }) => kind)).toEqual(['FUNCTION', 'CAST', 'CAST']);
          expect(selected[0]?.children?.map(({ value: constant }) => constant?.value)).toEqual([
            undefined,
            pipeline.events.time.format,
            pipeline.timeZone,
          ]);
        },
      ),
      { numRuns: RUNS / 3 },
    );
  });

  it('has each output column as one name', async () => {
    const pipeline = parsePipelineYaml(JSON.stringify(SETTINGS), 'pipeline.yaml');
    let reached = 0;
    await fc.assert(
      fc.asyncProperty(hostile, async (name) => {
        fc.pre(!COLUMNS.some((column) => column.name === name));
        const columns = [...COLUMNS, { name, type: 'VARCHAR' as const }];
        if (accepted(() => (checkOutputColumns(pipeline, columns, { yaml: 'y', transform: 't' }), true)) === undefined)
          return;
        reached += 1;
        expectInSpecs(pipeline, columns);
        const { select_list: selected } = await statement(pipeline, columns);
        expect(selected).toHaveLength(4);
        expect(selected[3]?.child?.column_names).toEqual([name]);
        for (const counted of await columnsCounted(pipeline, columns)) {
          expect(counted).toEqual(['__time', ...columns.slice(1).map((column) => column.name)].sort());
        }
      }),
      { numRuns: RUNS / 2 },
    );
    // Otherwise it would test nothing.
    expect(reached).toBeGreaterThan(100);
  });
});

it('each setting of Kafka is in the spec as it is, and no name and password: Druid has them from a variable of its own', () => {
  fc.assert(
    fc.property(hostile, hostile, hostile, hostile, (brokers, username, password, truststore) => {
      const config = accepted(() =>
        readConfig({
          KAFKA_BROKERS: brokers,
          KAFKA_TLS: 'true',
          KAFKA_SASL_MECHANISM: 'scram-sha-512',
          KAFKA_SASL_USERNAME: username,
          KAFKA_SASL_PASSWORD: `Zq7${password}`,
          DRUID_KAFKA_TRUSTSTORE_FILE: truststore,
        }),
      );
      if (config === undefined) return;
      const pipeline = pipelineSchema.parse(SETTINGS);
      const spec = JSON.stringify(
        supervisorSpec(pipeline, COLUMNS, { kafka: config.druid.kafka, sealedUntil: undefined }),
      );
      expect(spec).not.toContain('Zq7');
      expect((JSON.parse(spec) as ReturnType<typeof supervisorSpec>).spec.ioConfig.consumerProperties).toEqual({
        // Blanks around an address do not belong to it.
        'bootstrap.servers': brokers
          .split(',')
          .map((one) => one.trim())
          .join(','),
        'isolation.level': 'read_committed',
        'security.protocol': 'SASL_SSL',
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': truststore,
        'sasl.mechanism': 'SCRAM-SHA-512',
        'druid.dynamic.config.provider': {
          type: 'environment',
          variables: { 'sasl.jaas.config': 'DAYBREAK_KAFKA_JAAS_CONFIG' },
        },
      });
    }),
    { numRuns: RUNS / 3, examples: [[" \t':1", 'user', 'password', '/truststore']] },
  );
});

/** A part of the tree that DuckDB makes of a statement. */
const expressionSchema = z.object({
  class: z.string(),
  child: z.object({ column_names: z.array(z.string()).optional() }).optional(),
  children: z.array(z.object({ value: z.object({ value: z.unknown() }).optional() })).optional(),
});
const statementSchema = z.object({
  error: z.literal(false),
  statements: z.tuple([
    z.object({
      node: z.object({ select_list: z.array(expressionSchema), from_table: z.object({ table_name: z.string() }) }),
    }),
  ]),
});

/** Expects the settings in the specs as Druid reads them. */
function expectInSpecs(pipeline: Pipeline, columns: readonly OutputColumn[]): void {
  const kafka = { brokers: ['127.0.0.1:9092'] };
  const supervisor = supervisorSpec(pipeline, columns, { kafka, sealedUntil: undefined });
  const sent = JSON.parse(JSON.stringify(supervisor)) as typeof supervisor;
  expect(sent).toEqual(supervisor);
  expect(sent.spec.ioConfig.topic).toBe(pipeline.kafka.outputTopic);
  expect(sent.spec.dataSchema.dataSource).toBe(pipeline.druid.datasource);
  const dimensions = sent.spec.dataSchema.dimensionsSpec.dimensions.map(({ name }) => name);
  expect(dimensions).toEqual(columns.map(({ name }) => name).filter((name) => name !== pipeline.druid.timeColumn));
  const plan = {
    pipeline: pipeline.name,
    date: DAY,
    datasource: pipeline.druid.datasource,
    interval: dayInterval(DAY, pipeline.timeZone),
  };
  const reindex = reindexSpec(pipeline, columns, {
    id: 'x',
    plan: plan as never,
    source: { type: 'local', files: [] },
    size: { rows: 1, bytes: 1 },
    subtasks: 1,
  });
  expect(reindex.spec.dataSchema.granularitySpec.segmentGranularity.timeZone).toBe(pipeline.timeZone);
  expectOneCall(timeExpression(pipeline), pipeline);
}

/** Expects that a native expression is one call with a column and two texts. */
function expectOneCall(expression: string, { druid, events, timeZone }: Pipeline): void {
  if (!events.time.format.startsWith('yyyy')) return;
  const parts = /^timestamp_parse\("((?:[^"\\]|\\.)*)", '((?:[^'\\]|\\.)*)', '((?:[^'\\]|\\.)*)'\)$/s.exec(expression);
  expect(parts?.slice(1).map((part) => part.replace(/\\(.)/gs, '$1'))).toEqual([
    druid.timeColumn ?? events.time.column,
    events.time.format,
    timeZone,
  ]);
}
