import { appendFile, chmod, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { parseBusinessDate } from '../../../domain/business-date';
import type { DayManifest } from '../../../domain/day-manifest';
import { runDayBuild, type DayBuildOptions } from '../../../engines/build-day';
import { loadPipeline } from '../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import type { SparkProgram } from '../../../engines/spark/spark-program';
import { findSpark } from '../../../scripts/stack/fetch/spark';
import {
  contentsOf,
  DAY,
  event,
  lines,
  loadExample,
  pipelineLike,
  scratchFolder,
  writeFiles,
} from '../../engines/scratch';
import { endAll } from '../support/end-all';
import { succeed } from '../support/daybreak';
import { startSparkCluster, type SparkCluster } from './spark-cluster';
import { until } from '../support/until';

jest.setTimeout(600_000);

const root = scratchFolder();
const before = { ...process.env };
let cluster: SparkCluster;
/** With Spark's default master, local[*]. */
let installed: SparkProgram;
let spark: SparkProgram;

// Fetches Spark the first time.
beforeAll(async () => {
  installed = await findSpark();
}, 1_200_000);
beforeAll(async () => {
  cluster = await startSparkCluster(installed.home ?? join(installed.sparkSql, '../..'), join(root, 'cluster'));
  Object.assign(process.env, cluster.environment);
  spark = { ...installed, master: cluster.master };
});
afterAll(() =>
  endAll(
    () => (process.env = before),
    () => cluster.stop(),
  ),
);

type Build = Partial<DayBuildOptions> & Pick<DayBuildOptions, 'input' | 'output'>;

const onSpark = (loaded: LoadedPipeline, options: Build): Promise<DayManifest> =>
  runDayBuild(loaded, { date: DAY, engine: 'spark', findSpark: () => Promise.resolve(spark), ...options });
const onDuckDb = (loaded: LoadedPipeline, options: Build): Promise<DayManifest> =>
  runDayBuild(loaded, { date: DAY, engine: 'duckdb', ...options });

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

async function expectSameDay(
  spark: DayManifest,
  duckDb: DayManifest,
  [ofSpark, ofDuckDb]: readonly [string, string],
): Promise<void> {
  expect(await linesOf(ofSpark, duckDb.date)).toEqual(await linesOf(ofDuckDb, duckDb.date));
  expect(comparable(spark)).toEqual(comparable(duckDb));
  expect(spark.engine).toBe('spark');
}

const KOREAN = '서울 🌏 \\u0000 \\ud83d\\ude00 \\"quoted\\" back\\\\slash \\n tab\\t é';

/** Every kind of line that the validity rule distinguishes, and values that engines tend to change. */
const EVENT_FILES = {
  'names.20261121.07_0.json': lines(
    event(1),
    event(1),
    event(2, '2026-11-21 07:59:59', KOREAN),
    event('9007199254740993'),
    event('-9223372036854775808'),
    event('9223372036854775807'),
    '{"time":"2026-11-21 07:00:01"}',
    '{"hello":null,"id":null,"time":"2026-11-21 07:00:02"}',
    '{"id":7,"time":"2026-11-21 07:00:03","hello":"","more":[1,{"a":null}]}',
    "{'hello':'single','id':3,'time':'2026-11-21 07:00:00'}",
    `${event(4)} trailing`,
    '{"hello":"x","id":"5","time":"2026-11-21 07:00:00"}',
    '{"hello":"x","id":1.5,"time":"2026-11-21 07:00:00"}',
    '{"hello":5,"id":6,"time":"2026-11-21 07:00:00"}',
    '{"hello":"x","id":9223372036854775808,"time":"2026-11-21 07:00:00"}',
    '{"hello":"x","id":6}',
    '[1]',
    event(8, '2026-11-22 07:00:00'),
    event(9, '2026-11-21 09:30:00', 'misfiled'),
  ),
  'names.20261121.07_1.json': `${lines(event(1), event(10))}{"hello":"half`,
  'names.20261121.08.json.gz': gzipSync(
    Array.from({ length: 3_000 }, (_, id) => event(id - 500, '2026-11-21 08:00:00')).join('\r\n'),
  ),
  'names.20261121.09.json': lines(event(9, '2026-11-21 09:30:00', 'misfiled'), event(11, '2026-11-21 09:00:00')),
  'names.20261121.10.json': lines('nothing but a bad line'),
};

const RIDE_FILES = {
  'rides-20261101-00.json': lines(
    ride(1, 12, '0.1', 'true', '2026-11-01T00:00:00-04:00'),
    ride(1, 12, '0.1', 'true', '2026-11-01T00:00:00-04:00'),
    ride(2, 1, '1e300', 'false', '2026-11-01T00:00:01-04:00'),
    ride(3, 999, '1e-7', 'null', '2026-11-01T00:00:02-04:00'),
    ride(4, 132, '100', 'true', '2026-11-01T00:00:03.5-04:00'),
    ride(5, 'null', 'null', 'false', '2026-11-01T00:00:04-04:00'),
    ride(6, 17, '-1', 'false', '2026-11-01T00:00:05-04:00'),
    ride(7, 138, '123456789.123456789', 'false', '2026-11-01T04:00:06Z'),
    ride(8, 138, '0.0', 'false', '2026-11-01T00:00:07-04:00'),
  ),
  // This hour comes twice in this night.
  'rides-20261101-01.json': lines(
    ride(9, 36, '1.1', 'true', '2026-11-01T01:30:00-04:00'),
    ride(11, 36, '1.1', 'true', '2026-11-01T01:30:00-05:00'),
  ),
  'rides-20261101-02.json': lines(ride(10, 4, '-5', 'true', '2026-11-01T02:30:00-05:00')),
};

function ride(id: number, zone: number | string, fare: string, shared: string, at: string): string {
  return `{"ride":${id},"zone":${zone},"fare":${fare},"shared":${shared},"at":"${at}"}`;
}

describe('on a standalone cluster', () => {
  const input = join(root, 'events-input');
  const outputs = [join(root, 'events-spark'), join(root, 'events-duckdb')] as const;
  const [output, other] = outputs;
  const environment = () => ({ ...cluster.environment, ...(spark.home !== undefined && { SPARK_HOME: spark.home }) });
  const build = async () =>
    JSON.parse(
      await succeed(
        `batch build --pipeline pipelines/events --date ${DAY} --input ${input} --output ${output} --engine spark --master ${cluster.master} --json`,
        environment(),
      ),
    ) as { readonly manifest: DayManifest };

  it('gives the files, counts and quarantine of the engine duckdb', async () => {
    await writeFiles(input, EVENT_FILES);
    const { manifest } = await build();
    const expected = await onDuckDb(await loadExample('events'), { input, output: other });
    await expectSameDay(manifest, expected, outputs);
    expect(manifest.counts).toMatchObject({ duplicates: 3, outsideDay: 1, quarantined: 10 });
    expect(manifest.hours.find(({ hour }) => hour === '08')).toMatchObject({ written: 3_000, unmatched: 450 });
    const ids = (await contentsOf(output, DAY))['08.ndjson']?.match(/(?<="user_id":)-?\d+/g)?.map(Number);
    expect(ids).toEqual(Array.from({ length: 3_000 }, (_, id) => id - 500));
  });

  it('gives the same bytes again, on another master', async () => {
    const again = join(root, 'events-again');
    await onSpark(await loadExample('events'), { input, output: again, findSpark: () => Promise.resolve(installed) });
    expect(await contentsOf(again, DAY)).toEqual(await contentsOf(output, DAY));
  });

  it('does nothing where nothing changed, and has Spark do only the hour that did', async () => {
    const loaded = await loadExample('events');
    const log = join(output, '.versions', DAY, '.spark.log');
    await rm(log);
    await onSpark(loaded, { input, output });
    await expect(readFile(log)).rejects.toThrow('ENOENT'); // No Spark ran.
    await appendFile(join(input, 'names.20261121.09.json'), lines(event(12, '2026-11-21 09:00:01', 'late')));
    let hours = 0;
    const manifest = await onSpark(loaded, { input, output, onProgress: ({ hoursTotal }) => (hours = hoursTotal) });
    expect(hours).toBe(1);
    await expectSameDay(manifest, await onDuckDb(loaded, { input, output: other }), outputs);
  });

  it('quarantines the records on which the SQL fails as the engine duckdb does', async () => {
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'failing-rows'), {
        'transform.sql': (text) => text.replace('e.hello', 'CAST(CAST(e.hello AS BIGINT) AS VARCHAR) AS hello'),
      }),
    );
    const day = join(root, 'failing-rows-input');
    await writeFiles(day, {
      'names.20261121.07.json': lines(event(1), event(2, '2026-11-21 07:00:00', '42'), event(3)),
    });
    const places = [join(root, 'failing-rows-spark'), join(root, 'failing-rows-duckdb')] as const;
    const manifest = await onSpark(loaded, { input: day, output: places[0] });
    await expectSameDay(manifest, await onDuckDb(loaded, { input: day, output: places[1] }), places);
    expect(manifest.counts).toMatchObject({ kept: 1, quarantined: 2 });
  });

  it.each([
    ['epoch-seconds', 'DOUBLE', 'e.time', ['1795212000.123456', '1795212000', '1795212000123']],
    ['epoch-nanoseconds', 'BIGINT', 'e.time - e.time % 1000 AS time', ['1795212000123456789', '1795212000123']],
  ])('reads times of %s as %s as the engine duckdb does', async (format, type, time, times) => {
    const name = `times-${format}-${type}`;
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, name), {
        'pipeline.yaml': (text) =>
          text.replace('time: VARCHAR', `time: ${type}`).replace(/format: yyyy.*/, `format: ${format}`),
        'transform.sql': (text) => text.replace('e.time', time),
      }),
    );
    const day = join(root, `${name}-input`);
    const records = times.map((written, id) => `{"hello":"hi","id":${id},"time":${written}}`);
    await writeFiles(day, { 'names.20261121.07.json': lines(...records) });
    const places = [join(root, `${name}-spark`), join(root, `${name}-duckdb`)] as const;
    const manifest = await onSpark(loaded, { input: day, output: places[0] });
    await expectSameDay(manifest, await onDuckDb(loaded, { input: day, output: places[1] }), places);
    expect(manifest.counts.kept).toBeGreaterThan(0);
  });

  it('joins two tables, in a day of 25 hours, with doubles and booleans', async () => {
    const rides = await loadExample('rides');
    const day = { date: parseBusinessDate('2026-11-01'), input: join(root, 'rides-input') };
    await writeFiles(day.input, RIDE_FILES);
    const places = [join(root, 'rides-spark'), join(root, 'rides-duckdb')] as const;
    const manifest = await onSpark(rides, { ...day, output: places[0] });
    await expectSameDay(manifest, await onDuckDb(rides, { ...day, output: places[1] }), places);
    expect(manifest.counts).toMatchObject({ read: 12, kept: 11, duplicates: 1 });
    expect(manifest.hours.map(({ written }) => written).slice(0, 3)).toEqual([7, 2, 0]);
  });

  it('reads quotes, backslashes, semicolons, comments and * of the SQL as DuckDB does', async () => {
    const folder = await pipelineLike('events', join(root, 'quoting'), {
      'transform.sql': `-- SELECT ; 'x
        /* ; */ SELECT *, "id" AS user_id, 'it''s \\d; -- \${x} "' || hello AS "Odd Name", id % 10 AS uid FROM events;`,
    });
    const loaded = await loadPipeline(folder);
    const places = [join(root, 'quoting-spark'), join(root, 'quoting-duckdb')] as const;
    const manifest = await onSpark(loaded, { input, output: places[0] });
    await expectSameDay(manifest, await onDuckDb(loaded, { input, output: places[1] }), places);
  });
});

describe('a failure', () => {
  const input = join(root, 'failing-input');
  const output = join(root, 'failing-output');
  let published: Record<string, string>;

  beforeAll(async () => {
    await writeFiles(input, { 'names.20261121.07.json': lines(event(1)) });
    await onDuckDb(await loadExample('events'), { input, output });
    published = await contentsOf(output, DAY);
  });
  afterEach(async () => {
    expect(await contentsOf(output, DAY)).toEqual(published);
    const kept = (await readdir(join(output, '.versions', DAY))).filter((name) => name !== '.spark.log');
    expect(kept).toHaveLength(1);
  });

  const transformed = async (name: string, expression: string): Promise<LoadedPipeline> =>
    loadPipeline(
      await pipelineLike('events', join(root, name), {
        'transform.sql': (text) => text.replace('e.hello', `${expression} AS hello`),
      }),
    );

  /** A Spark that does something else before, after or instead of its work. "$REAL" is the real one. */
  const programmed = async (name: string, script: string): Promise<SparkProgram> => {
    const file = join(root, name);
    await writeFile(file, `#!/bin/sh\nREAL=${spark.sparkSql}\n${script}\n`);
    await chmod(file, 0o755);
    return { ...spark, sparkSql: file };
  };

  it('names the line where Spark lacks a function that DuckDB has', async () => {
    const loaded = await transformed(
      'lacking',
      "regexp_extract_all(\n  list_first(string_split(e.hello, '-')), 's')[1]",
    );
    const error = await onSpark(loaded, { input, output }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'BAD_TRANSFORM',
      what: expect.stringMatching(/transform\.sql:2: .*list_first/) as string,
    });
  });

  it('refuses a column that Spark gives another type', async () => {
    // A power in DuckDB, but an exclusive or in Spark.
    const loaded = await transformed('differing', 'e.id ^ 2');
    await expect(onSpark(loaded, { input, output })).rejects.toMatchObject({
      code: 'BAD_TRANSFORM',
      what: expect.stringContaining('the column hello is a DOUBLE in DuckDB and a BIGINT in Spark') as string,
    });
  });

  it('refuses rows to which Spark gives another time than their events have', async () => {
    const loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'moving'), {
        'transform.sql': (text) =>
          text.replace('e.time', "CASE WHEN upper('ß') = 'SS' THEN '2026-11-20 07:00:00' ELSE e.time END AS time"),
      }),
    );
    await expect(onSpark(loaded, { input, output })).rejects.toMatchObject({
      code: 'BAD_TRANSFORM',
      what: expect.stringContaining(
        'in Spark time is 2026-11-20 07:00:00 for an event of 2026-11-21 07:00:00',
      ) as string,
    });
  });

  it('refuses more rows than events', async () => {
    const loaded = await loadExample('events');
    const unchecked = { ...loaded, transform: loaded.transform.replace('n.uid = e.id % 10', 'n.uid >= 8') };
    await expect(onSpark(unchecked, { input, output, force: true })).rejects.toMatchObject({
      code: 'MULTIPLIED_ROWS',
      what: expect.stringContaining('gives 2 rows for the 1 event(s) of the hour 07') as string,
    });
  });

  it('shows what Spark says of a value that only DuckDB takes', async () => {
    const loaded = await transformed('on-a-value', 'CAST(1 / (e.id - 1) AS VARCHAR)');
    await expect(onSpark(loaded, { input, output })).rejects.toMatchObject({
      code: 'BAD_TRANSFORM',
      what: expect.stringMatching(/DIVIDE_BY_ZERO.*\.spark\.log/s) as string,
    });
  });

  it('of the driver, killed while it writes, leaves the published day', async () => {
    const killed = await programmed(
      'killed',
      '"$REAL" "$@" & DRIVER=$!; until [ -e rows ]; do sleep 0.05; done; kill -9 $DRIVER; wait $DRIVER; exit 137',
    );
    await expect(
      onSpark(await loadExample('events'), { input, output, findSpark: () => Promise.resolve(killed) }),
    ).rejects.toMatchObject({ code: 'ENGINE_FAILED', retry: true });
  });

  it('by cancellation ends the driver and what it started', async () => {
    const noted = await programmed('noted', `"$REAL" "$@" & echo $! > ${join(root, 'driver.pid')}; wait`);
    const stop = new AbortController();
    const running = onSpark(await loadExample('events'), {
      input,
      output,
      signal: stop.signal,
      findSpark: () => Promise.resolve(noted),
    });
    const pid = await untilWritten(join(root, 'driver.pid'));
    stop.abort();
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
    await untilGone(pid);
  });
});

const untilWritten = (file: string): Promise<number> =>
  until(file, async () => {
    const text = await readFile(file, 'utf8').catch(() => '');
    return text.endsWith('\n') && Number(text);
  });

/** A killed process may remain visible for a moment. */
async function untilGone(pid: number): Promise<void> {
  await until(`the end of process ${pid}`, () => {
    try {
      return !process.kill(pid, 0);
    } catch {
      return true;
    }
  });
}
