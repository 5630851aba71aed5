import { readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type * as BuildDay from '../../../engines/build-day';
import type * as Database from '../../../engines/duckdb/database';
import type * as MicroBatch from '../../../engines/duckdb/micro-batch';
import type * as Query from '../../../engines/duckdb/query';
import type * as Loading from '../../../engines/load-pipeline';
import { contentsOf, DAY, event, lines, pipelineLike, scratchFolder, writeFiles } from '../scratch';

const root = scratchFolder();
const FOLDER = resolve('engines/fast-path');

interface Engines {
  readonly build: typeof BuildDay;
  readonly database: typeof Database;
  readonly microBatch: typeof MicroBatch;
  readonly query: typeof Query;
  readonly loading: typeof Loading;
}

async function loadEngines(): Promise<Engines> {
  jest.resetModules();
  return {
    build: await import('../../../engines/build-day'),
    database: await import('../../../engines/duckdb/database'),
    microBatch: await import('../../../engines/duckdb/micro-batch'),
    query: await import('../../../engines/duckdb/query'),
    loading: await import('../../../engines/load-pipeline'),
  };
}

/** Loads the engines as if engines/fast-path were deleted: any code that loads one of its files fails. */
async function loadWithoutFastPath(): Promise<Engines> {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter(
    (file) => /(?<!\.d)\.ts$/.test(file) && !file.startsWith('assembly'),
  );
  expect(files).toContain('kernel.ts');
  for (const file of files) {
    jest.doMock(join(FOLDER, file), () => {
      throw new Error(`${file} is gone`);
    });
  }
  jest.doMock('../../../engines/duckdb/fast-path', () => ({ fastPath: undefined }));
  return loadEngines();
}

const ZONES = ['Soho', 'Harlem', null].map((name, zone) => JSON.stringify({ zone, name, borough: zone % 2 }));
/** Rows of one layout, rows of another one, and rows that need the whole rule. */
const NAMES = [
  ...Array.from({ length: 50 }, (_, uid) => `{"uid":${uid},"name":"n${uid}"}`),
  '{"name":"other","uid":50}',
  '{"uid":51,"name":"\\u0041"}',
  '{"uid":52}',
  '',
];

const plain = (hour: string, count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => event(from + index, `2026-11-21 ${hour}:00:0${index % 10}`));
const BAD = ['{"hello":"a"', '{"id":1}', event('"x"'), event(1, '2026-11-21 25:00:00'), '[1,]', '{"id":1,"id":1}'];

/** Hours of which the fast path takes some lines and misses others. Without it their rows are in another order. */
const MIXED = ['10', '13'];
const EVENTS: Readonly<Record<string, string | Buffer>> = {
  'names.20261120.23.json': lines(...plain('00', 20, 900), event(1, '2026-11-20 23:00:00')),
  'names.20261121.00.json': lines(...plain('00', 200), event(7, '2026-11-20 23:59:59')),
  'names.20261121.06.json': lines(...plain('06', 30), ...plain('07', 30, 500), ...plain('05', 1)),
  'names.20261121.07.json': lines(...plain('07', 300), ...plain('07', 40), ...BAD, event(1, '2026-11-22 00:00:00')),
  'names.20261121.07b.json': lines('{"id":1,"time":"2026-11-21 07:00:00","hello":"other","more":[1]}'),
  'names.20261121.08.json.gz': gzipSync(lines(...plain('08', 300))),
  'names.20261121.09.json.gz': gzipSync(
    lines(...plain('09', 3000), event(1, '2026-11-21 09:00:01', '\\u0041')),
  ).subarray(0, -500),
  'names.20261121.10.json': Buffer.concat([
    Buffer.from(lines(...plain('10', 5), event(3, '2026-11-21 10:00:00', '서울'.repeat(9000)), '\ufeff ')),
    Buffer.from([0xff, 0x0a]),
    Buffer.from(
      lines(
        ...plain('10', 9),
        event(3, '2026-11-21 10:00:00', 'a\\tb'),
        '{ "id" : -0 , "time" : "2026-11-21 10:00:00" }',
      ),
    ),
  ]),
  'names.20261121.11.json': lines(...plain('11', 50).map((line) => line.replace('ssm', '\\u0073sm'))),
  'names.20261121.12.json': '',
  'names.20261121.13.json': lines(...plain('13', 9), event(9, '2026-11-21 13:00:00', '\\u0041'), ...plain('13', 20)),
};
const LATER = {
  'names.20261122.00.json': lines(...plain('23', 20), ...BAD),
  'names.20261121.00.json': lines(...plain('00', 210)),
};

const ride = (id: number, at: string, more = ''): string =>
  `{"ride":${id},"zone":${id % 4},"fare":${id}.5${more},"shared":true,"at":"2026-11-21T${at}-05:00"}`;
const RIDES: Readonly<Record<string, string>> = {
  'rides-20261121-10.json': lines(...[1, 2, 3, 4, 2].map((id) => ride(id, '10:00:00')), ride(5, '11:00:00')),
  'rides-20261121-11.json': lines(...[3, 5, 6, 6].map((id) => ride(id, '11:00:00.25')), ride(9, '11:00:00', 'e1')),
  'rides-20261121-12.json': lines(...[9, 12, 13].map((id) => ride(id, '12:59:59'))),
};

/** By format and type: values that the fast path takes, others, values of another hour and of another day, bad ones. */
const TIMES: Readonly<Record<string, readonly string[]>> = {
  'epoch-seconds DOUBLE': [
    '1795212000.5',
    '1795212000',
    '1.7952120005E9',
    '1795215600',
    '1795300000.1',
    '1795212000123',
  ],
  'epoch-seconds BIGINT': ['1795212000', '1795212000.5', '1795215600.0', '1795300000', '1795212000123', 'true'],
  'epoch-microseconds BIGINT': ['1795212000123456', '1795215600000000', '1795300000000000', '1795212000', '1.5'],
  'epoch-nanoseconds BIGINT': ['1795212000123456789', '1795215600000000000', '1795300000000000000', '1795212000123'],
  'local VARCHAR': [
    '"2026-11-21 07:00:00"',
    '"2026-11-21T07:00:00.5"',
    '"2026-11-21T08:00:00"',
    '"2026-11-22 07:00:00"',
    '"7"',
  ],
};

const timesYaml = (format: string, type: string): string => `name: events
timeZone: Asia/Seoul
events:
  columns: { id: BIGINT, time: ${type} }
  time: { column: time, format: ${format} }
files: { pattern: "ev.%Y%m%d.%H*.json" }
kafka: { topic: times, outputTopic: times_out, key: id }
druid: { datasource: times }
`;

/** Each value several times, the first of them much more often. */
const timesInput = ([usual = '', ...others]: readonly string[]): string =>
  lines(
    ...[...Array<string>(40).fill(usual), ...others, usual, ...others].map((time, id) => `{"id":${id},"time":${time}}`),
  );

interface Outcome {
  readonly files: Readonly<Record<string, string>>;
  readonly manifest: unknown;
}

/** What the engines make of the inputs: a whole build, an incremental one after it, and one of another pipeline. */
async function outcomesOf({ build, database, microBatch, query, loading }: Engines, name: string) {
  const folder = await pipelineLike('events', join(root, name), { 'names.ndjson': NAMES.join('\n') });
  const ridesFolder = await pipelineLike('rides', join(root, name), {
    'pipeline.yaml': (text) => text.replace('zones.csv', 'zones.ndjson').replace('format: csv', 'format: ndjson'),
  });
  await writeFiles(ridesFolder, { 'zones.ndjson': lines(...ZONES) });
  const [events, rides] = [await loading.loadPipeline(folder), await loading.loadPipeline(ridesFolder)];
  const run = async (
    loaded: typeof events,
    files: Readonly<Record<string, string | Buffer>>,
    into = loaded.pipeline.name,
  ): Promise<Outcome> => {
    const of = (kind: string): string => join(root, name, `${kind}-${into}`);
    await writeFiles(of('input'), files);
    const options = { date: DAY, input: of('input'), output: of('output'), engine: 'duckdb', threads: 2 } as const;
    const manifest = await build.runDayBuild(loaded, options);
    return { files: await contentsOf(of('output'), DAY), manifest };
  };
  const days = [await run(events, EVENTS), await run(events, LATER), await run(rides, RIDES)];
  const batches = [];
  for (const [kind, times] of Object.entries(TIMES)) {
    const [format = '', type = ''] = kind.split(' ');
    const timesFolder = await pipelineLike('events', join(root, name, kind), {
      'pipeline.yaml': timesYaml(format, type),
      'transform.sql': 'SELECT e.time, e.id FROM events e',
    });
    const loaded = await loading.loadPipeline(timesFolder);
    const input = timesInput(times);
    days.push(await run(loaded, { 'ev.20261121.07.json': input }, kind));
    const transform = await microBatch.openMicroBatch(loaded);
    const records = input.split('\n').map((line) => Buffer.from(line));
    for (const size of [records.length, 40]) batches.push(await transform.run(records.slice(0, size)));
    transform.close();
  }

  const opened = await database.openDatabase(rides.pipeline, rides.tables);
  const zones = await query.queryTexts(opened.connection, 'FROM zones ORDER BY rowid');
  opened.close();
  const values = [EVENTS, RIDES].map((files) =>
    Object.values(files).flatMap((text) =>
      String(text)
        .split('\n')
        .map((line) => Buffer.from(line)),
    ),
  );
  for (const [index, loaded] of [events, rides].entries()) {
    const transform = await microBatch.openMicroBatch(loaded);
    for (const size of [values[index]!.length, 40]) batches.push(await transform.run(values[index]!.slice(0, size)));
    transform.close();
  }
  return { days, zones, batches };
}

it('everything but the order of rows in some hours is the same without the folder', async () => {
  const withIt = await outcomesOf(await loadEngines(), 'with');
  const without = await outcomesOf(await loadWithoutFastPath(), 'without');
  expect(without.zones).toEqual(withIt.zones);
  expect(without.batches).toEqual(withIt.batches);
  expect(without.days).toHaveLength(3 + Object.keys(TIMES).length);
  for (const [index, { files, manifest }] of without.days.entries()) {
    const expected = withIt.days[index]!;
    for (const [file, text] of Object.entries(expected.files)) {
      if (file === '_manifest.json') continue;
      const isMixed = index > 2 || (index < 2 && MIXED.some((hour) => file === `${hour}.ndjson`));
      const [one, other] = [files[file] ?? '', text].map((rows) => (isMixed ? rows.split('\n').sort() : rows));
      expect([file, one]).toEqual([file, other]);
    }
    const isReordered = (hour: string): boolean => files[`${hour}.ndjson`] !== expected.files[`${hour}.ndjson`];
    if (index > 2)
      expect(Object.keys(files)).toEqual(expect.arrayContaining(['07.ndjson', '08.ndjson', '_quarantine.ndjson']));
    if (index === 0) expect(MIXED.filter(isReordered)).toEqual(MIXED);
    expect(Object.keys(files)).toEqual(Object.keys(expected.files));
    expect(withoutHashes(manifest)).toEqual(withoutHashes(expected.manifest));
  }
});

/** The bytes of the files are compared, so their hashes are left out. */
function withoutHashes(manifest: unknown): unknown {
  return JSON.parse(JSON.stringify(manifest), (key, value: unknown) =>
    key === 'sha256' ? undefined : value,
  ) as unknown;
}

it('only engines/duckdb/fast-path.ts imports the folder', async () => {
  const sources = readdirSync('engines', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const importing: string[] = [];
  for (const file of sources.filter((file) => !file.startsWith('fast-path/'))) {
    if (/from '(?:\.\.?\/)+fast-path\//.test(await readFile(join('engines', file), 'utf8'))) importing.push(file);
  }
  expect(importing).toEqual(['duckdb/fast-path.ts']);
  await rm(root, { recursive: true, force: true });
});
