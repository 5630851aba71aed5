import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareDay, type BuiltRows, type Comparison } from '../../../activities/batch/compare-day';
import { checkSegments, visibleSegments } from '../../../activities/batch/day-segments';
import { createDruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan, type DayPlan } from '../../../domain/daily-batch';
import { DaybreakError } from '../../../domain/errors';
import { reindexSpec, type ReindexSpec } from '../../../domain/druid/reindex-spec';
import type { ProofKind } from '../../../domain/proof-kind';
import { runDayBuild } from '../../../engines/build-day';
import { loadPipelineNamed } from '../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { withOutput } from '../../../engines/versions/open-output';
import { readConfig } from '../../../worker/config';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { runTask } from '../support/run-task';
import { useStack } from '../support/stack';
import { until } from '../support/until';

useStack();
const date = parseBusinessDate('2026-03-14');
const druid = createDruidClient(readConfig().druid);

interface Row {
  readonly ride: string;
  readonly price: string;
  readonly shared: string;
  readonly zone: string;
  readonly at: string;
  readonly borough: string;
  readonly tags: string;
  readonly extra: string;
  /** JSON that Druid stores as other types, since no value is an object: whole numbers, nothing, all kinds of numbers. */
  readonly whole: string;
  readonly none: string;
  readonly mixed: string;
  /** JSON that Druid converts: true, a number and a text to texts, a text beside a list to a list of one. */
  readonly kinds: string;
  readonly lists: string;
  readonly digest: string;
}

/** A fault in what Druid loads of the published rows, and which proofs find it. */
interface Fault {
  readonly rows?: (rows: readonly Row[]) => readonly Row[];
  /** Changes the task that loads them. */
  readonly task?: (spec: ReindexSpec) => object;
  readonly foundBy: readonly ProofKind[];
}

const ALL = ['rows', 'aggregates', 'digests'] as const;
const first =
  (change: Partial<Row>) =>
  (rows: readonly Row[]): Row[] =>
    rows.map((row, index) => (index === 0 ? { ...row, ...change } : row));
const asType = (name: string, type: string) => (spec: ReindexSpec) => {
  const { dataSchema } = spec.spec;
  const dimensions = dataSchema.dimensionsSpec.dimensions.map((one) => (one.name === name ? { ...one, type } : one));
  return { ...spec, spec: { ...spec.spec, dataSchema: { ...dataSchema, dimensionsSpec: { dimensions } } } };
};

const FAULTS: Readonly<Record<string, Fault>> = {
  'no fault': { foundBy: [] },
  'the rows in another order': { rows: (rows) => rows.toReversed(), foundBy: [] },
  'a missing row': { rows: (rows) => rows.slice(1), foundBy: ALL },
  'a doubled row': { rows: (rows) => [...rows, ...rows.slice(0, 1)], foundBy: ALL },
  'a foreign row': { rows: (rows) => [...first({ ride: '77', digest: '5' })(rows).slice(0, 1), ...rows], foundBy: ALL },
  'a row missing and another doubled': { rows: (rows) => [...rows.slice(1), ...rows.slice(1, 2)], foundBy: ALL },
  'another BIGINT': { rows: first({ ride: '9007199254740992' }), foundBy: ALL },
  'another DOUBLE': { rows: first({ price: '10.100000000000002' }), foundBy: ALL },
  'another BOOLEAN': { rows: first({ shared: 'false' }), foundBy: ALL },
  'another time': { rows: first({ at: '"2026-03-14T07:00:00.001-04:00"' }), foundBy: ALL },
  'a time in another hour': { rows: first({ at: '"2026-03-14T08:00:00-04:00"' }), foundBy: ALL },
  'null for a value': { rows: first({ zone: 'null' }), foundBy: ALL },
  'an empty text for null': {
    rows: (rows) => rows.map((row) => (row.zone === 'null' ? { ...row, zone: '""' } : row)),
    foundBy: ALL,
  },
  'a text of another length': { rows: first({ zone: '"JFK Airports"' }), foundBy: ALL },
  'a text of the same length': { rows: first({ zone: '"JFK Airporz"' }), foundBy: ['rows'] },
  'a row of the same lengths and numbers that was made otherwise': {
    rows: first({ zone: '"JFK Airporz"', digest: '5' }),
    foundBy: ['rows', 'digests'],
  },
  'the texts of two rows exchanged': {
    rows: (rows) => rows.map((row, index) => ({ ...row, zone: rows[index === 0 ? 1 : index === 1 ? 0 : index]!.zone })),
    foundBy: ['rows'],
  },
  'another value in a list': { rows: first({ tags: '["a","c"]' }), foundBy: ['rows'] },
  'a list with its values in another order': { rows: first({ tags: '["b","a"]' }), foundBy: ['rows'] },
  'a list with one value more': { rows: first({ tags: '["a","b",null]' }), foundBy: ALL },
  'null for a list': { rows: first({ tags: 'null' }), foundBy: ALL },
  'another value in JSON': { rows: first({ extra: '{"a":[1,{"b":3}]}' }), foundBy: ['rows'] },
  'null for JSON': { rows: first({ extra: 'null' }), foundBy: ALL },
  'another number in JSON': { rows: first({ whole: '9007199254740992' }), foundBy: ['rows'] },
  'a value for the JSON null': { rows: first({ none: '1' }), foundBy: ALL },
  'another boolean in JSON that Druid converts': { rows: first({ kinds: 'false' }), foundBy: ['rows'] },
  'null for a boolean in JSON that Druid converts': { rows: first({ kinds: 'null' }), foundBy: ALL },
  'another text in JSON that Druid converts': { rows: first({ lists: '"b"' }), foundBy: ['rows'] },
  'a list with one value more in JSON that Druid converts': { rows: first({ lists: '["a","b"]' }), foundBy: ['rows'] },
  'null for a list in JSON that Druid converts': {
    rows: (rows) => rows.map((row) => (row.lists === '[]' ? { ...row, lists: 'null' } : row)),
    foundBy: ALL,
  },
  'null for a list of null in JSON that Druid converts': {
    rows: (rows) => rows.map((row) => (row.lists === '[null]' ? { ...row, lists: 'null' } : row)),
    foundBy: ALL,
  },
  'an empty list for a list of null in JSON that Druid converts': {
    rows: (rows) => rows.map((row) => (row.lists === '[null]' ? { ...row, lists: '[]' } : row)),
    foundBy: ['rows'],
  },
  // Druid has the same for both.
  'what Druid makes of JSON': { rows: first({ kinds: '"1"', lists: '["a"]' }), foundBy: [] },
  'JSON with other blanks': { rows: first({ extra: '{ "a": [1, {"b": 2}] }' }), foundBy: [] },
  'a list and JSON of a row that was made otherwise': {
    rows: first({ tags: '["a","c"]', extra: '{"a":[1,{"b":3}]}', digest: '5' }),
    foundBy: ['rows', 'digests'],
  },
  'a BIGINT loaded as text': { task: asType('ride', 'string'), foundBy: ALL },
  'a BIGINT loaded as DOUBLE': { task: asType('ride', 'double'), foundBy: ALL },
  'a DOUBLE loaded as text': { task: asType('price', 'string'), foundBy: ALL },
  'a DOUBLE loaded as FLOAT': { task: asType('price', 'float'), foundBy: ALL },
};

/** One hour's events. The first two have texts of other lengths than their neighbours; one is beyond the basic plane. */
const EVENTS = [
  '{"ride":9007199254740993,"zone":132,"fare":10.1,"shared":true,"at":"2026-03-14T07:00:00-04:00","tags":["a","b"],"extra":{"a":[1,{"b":2}]},"whole":9007199254740993,"mixed":5,"kinds":true,"lists":"a"}',
  '{"ride":-9223372036854775808,"zone":4,"fare":-0.0,"shared":null,"at":"2026-03-14T07:30:00.5-04:00","tags":[],"extra":"text","whole":-1,"none":null,"mixed":1.5,"kinds":5,"lists":["a","b"]}',
  '{"ride":9223372036854775807,"zone":1,"fare":0.1,"shared":false,"at":"2026-03-14T11:59:59.999Z","kinds":"a","lists":[]}',
  '{"ride":7,"zone":99999,"fare":1e300,"shared":false,"at":"2026-03-14T07:00:01.123456789-04:00","kinds":1.5,"lists":[null]}',
  '{"ride":8,"zone":90,"fare":null,"shared":true,"at":"2026-03-14T07:00:00-04:00"}',
];

let pipeline: OwnPipeline;
let loaded: LoadedPipeline;

beforeAll(async () => {
  pipeline = await ownPipeline(
    (yaml) =>
      `${yaml
        .replace(
          /^( +)at: VARCHAR$/m,
          '$1at: VARCHAR\n$1tags: VARCHAR[]\n$1extra: JSON\n$1whole: JSON\n$1none: JSON\n$1mixed: JSON\n$1kinds: JSON\n$1lists: JSON',
        )
        .replace(/^( +)(datasource: .*)$/m, '$1$2\n$1digestColumn: row_digest')}proof: aggregates\n`,
    'rides',
  );
  const transform = join(pipeline.folder, 'transform.sql');
  const sql = await readFile(transform, 'utf8');
  await writeFile(
    transform,
    sql.replace('AS price\n', 'AS price,\n  r.tags,\n  r.extra, r.whole, r.none, r.mixed, r.kinds, r.lists\n'),
  );
  await writeFile(
    join(pipeline.folder, 'zones.csv'),
    'zone,name,borough\n1,Newark Airport,2\n4,Alphabet City,1\n90,Flatiron 🗽 é,1\n132,JFK Airport,3\n',
  );
  await mkdir(pipeline.input, { recursive: true });
  await writeFile(join(pipeline.input, 'rides-20260314-07.json'), `${EVENTS.join('\n')}\n`);
  loaded = await loadPipelineNamed(pipeline.environment['DAYBREAK_PIPELINES']!, pipeline.name);
  await runDayBuild(loaded, { date, input: pipeline.input, output: pipeline.output, engine: 'duckdb' });
  await Promise.all(Object.keys(FAULTS).map((name, index) => load(planOf(index), FAULTS[name]!)));
});

afterAll(() => pipeline.remove());

/** The plan of a datasource of the fault's own. */
function planOf(index: number): DayPlan {
  const datasource = `${pipeline.topic}_${index}`;
  return { ...dayPlan(loaded.pipeline, date), datasource, realtimeDatasource: datasource };
}

function specOf(id: string, plan: DayPlan, file: string): ReindexSpec {
  return reindexSpec(loaded.pipeline, loaded.outputColumns, {
    id,
    plan,
    source: { type: 'local', files: [file] },
    size: { rows: 1, bytes: 1 },
    subtasks: 1,
  });
}

/** Has Druid load the day with the fault. */
async function load(plan: DayPlan, { rows = (all) => all, task = (spec) => spec }: Fault): Promise<void> {
  const text = await readFile(join(pipeline.output, date, '07.ndjson'), 'utf8');
  const lines = rows(text.trimEnd().split('\n').map(rowOf)).map(textOf);
  const file = join(pipeline.folder, `${plan.datasource}.ndjson`);
  await writeFile(file, lines.map((line) => `${line}\n`).join(''));
  const id = `daybreak_${plan.datasource}`;
  const spec = specOf(id, plan, file);
  await runTask(druid, { ...task(spec), id });
  await until(`the rows of ${plan.datasource}`, () => druid.queries.hasDatasource(plan.datasource));
}

const FIELDS = [
  'at',
  'ride',
  'zone',
  'borough',
  'shared',
  'price',
  'tags',
  'extra',
  'whole',
  'none',
  'mixed',
  'kinds',
  'lists',
  'digest',
] as const;

/** JSON.parse would change numbers. */
function rowOf(line: string): Row {
  const pairs = FIELDS.map((field) => `"${nameOf(field)}":(.*?)`);
  const values = new RegExp(`^\\{${pairs.join(',')}\\}$`, 'u');
  const found = values.exec(line) ?? [];
  return Object.fromEntries(FIELDS.map((field, index) => [field, found[index + 1] ?? ''])) as unknown as Row;
}

function textOf(row: Row): string {
  return `{${FIELDS.map((field) => `"${nameOf(field)}":${row[field]}`).join(',')}}`;
}

function nameOf(field: keyof Row): string {
  return field === 'digest' ? 'row_digest' : field;
}

/** The pipeline as it is, with another proof. Without digests, the figures come from the file of the hour. */
function provenBy(kind: ProofKind): LoadedPipeline {
  const withoutDigests = { ...loaded.pipeline.druid };
  delete withoutDigests.digestColumn;
  const proof = kind === 'rows' ? 'rows' : 'aggregates';
  if (kind !== 'aggregates') return { ...loaded, pipeline: { ...loaded.pipeline, proof } };
  const outputColumns = loaded.outputColumns.filter(({ name }) => name !== 'row_digest');
  return { ...loaded, outputColumns, pipeline: { ...loaded.pipeline, proof, druid: withoutDigests } };
}

async function compare(plan: DayPlan, kind: ProofKind): Promise<Comparison> {
  return withOutput({ location: pipeline.output, scratch: undefined }, date, async (output) => {
    const version = (await output.currentVersion()) ?? '';
    const published = await output.read(version);
    const built: BuiltRows = { output, version, hours: published?.manifest.hours ?? [] };
    return compareDay(druid, plan, built, provenBy(kind), { scratch: pipeline.folder });
  });
}

describe.each(ALL)('the proof by %s', (kind) => {
  it.each(Object.keys(FAULTS).map((name, index) => [name, index] as const))('of %s', async (name, index) => {
    const isFound = FAULTS[name]!.foundBy.includes(kind);
    const compared = compare(planOf(index), kind);
    if (isFound) await expect(compared).rejects.toMatchObject({ code: 'PROOF_FAILED' });
    else await expect(compared).resolves.toMatchObject({ kind, hours: expect.any(Array) as unknown[] });
  });
});

it('finds a row that came in the segment of an hour, as realtime’s do, by rows and by segments', async () => {
  const plan = planOf(0);
  const file = join(pipeline.folder, 'leftover.ndjson');
  await writeFile(
    file,
    `${textOf({ ...rowOf(''), at: '"2026-03-14T09:00:00-04:00"', ride: '1', zone: '""', borough: '""', shared: 'true', price: '1', tags: 'null', extra: 'null', whole: 'null', none: 'null', mixed: 'null', kinds: 'null', lists: 'null', digest: '1' })}\n`,
  );
  const spec = specOf(`daybreak_${plan.datasource}_leftover`, plan, file);
  const hour = { type: 'period', period: 'PT1H', timeZone: plan.timeZone };
  const interval = '2026-03-14T13:00:00.000Z/2026-03-14T14:00:00.000Z';
  const granularitySpec = { ...spec.spec.dataSchema.granularitySpec, segmentGranularity: hour, intervals: [interval] };
  const hourly = { ...spec, spec: { ...spec.spec, dataSchema: { ...spec.spec.dataSchema, granularitySpec } } };
  await druid.tasks.submit(hourly);
  await until('the segment of the hour', async () => (await visibleSegments(druid, plan)).length > 1);
  const visible = await visibleSegments(druid, plan);
  expect(() => {
    checkSegments(plan, visible, 1);
  }).toThrow('PROOF_FAILED');
  for (const kind of ALL) {
    await until('the row', () =>
      compare(plan, kind).then(
        () => false,
        (thrown: unknown) => thrown instanceof DaybreakError && thrown.code === 'PROOF_FAILED',
      ),
    );
  }
});
