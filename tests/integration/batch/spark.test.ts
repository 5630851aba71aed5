import { appendFile, chmod, cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { DayManifest } from '../../../domain/day-manifest';
import { runDayBuild, type DayBuildOptions } from '../../../engines/build-day';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import type { SparkProgram } from '../../../engines/spark/spark-program';
import { findSpark } from '../../../scripts/stack/fetch/spark';
import { contentsOf, DAY, event, lines, loadExample, scratchFolder, writeFiles } from '../../engines/scratch';
import { endAll } from '../support/end-all';
import { succeed } from '../support/daybreak';
import { startSparkCluster, type SparkCluster } from './spark-cluster';
import { expectSameDay } from './same-day';
import { until } from '../support/until';

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
  cluster = await startSparkCluster(installed.home ?? join(installed.sparkSubmit, '../..'), join(root, 'cluster'));
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

/** Setting of Spark. */
const MANY_TASKS = 'spark.default.parallelism 24';

/** Files of 24 hours, each with so many records, of which some are duplicates, and a bad line. */
function wholeDay(records: number): Record<string, string> {
  const files = Array.from({ length: 24 }, (_, index): [string, string] => {
    const hour = String(index).padStart(2, '0');
    const ids = Array.from({ length: records }, (__, id) => id % (0.95 * records));
    return [`names.20261121.${hour}.json`, lines(...ids.map((id) => event(id, `2026-11-21 ${hour}:00:00`)), 'bad')];
  });
  return Object.fromEntries(files);
}

/** Absolute path of what Spark's driver said in a build. */
function logOf(output: string): string {
  return join(output, '.versions', DAY, '.spark.log');
}

/** Runs `work` while Spark's own configuration has these lines too. */
async function withSettings(settings: readonly string[], work: () => Promise<void>): Promise<void> {
  const configuration = await mkdtemp(join(root, 'conf-'));
  await cp(cluster.environment['SPARK_CONF_DIR'] ?? '', configuration, { recursive: true });
  await appendFile(join(configuration, 'spark-defaults.conf'), `${settings.join('\n')}\n`);
  process.env['SPARK_CONF_DIR'] = configuration;
  try {
    await work();
  } finally {
    Object.assign(process.env, cluster.environment);
  }
}

/** The same Spark, whose tasks find no libraries on this machine. */
function withoutLibraries({ sparkSubmit, home, master }: SparkProgram): SparkProgram {
  return { sparkSubmit, ...(home !== undefined && { home }), ...(master !== undefined && { master }) };
}

/** How many files of this kind tasks have written, of the version that is being built. */
async function writtenFiles(output: string, kind: RegExp): Promise<number> {
  const names = await readdir(join(output, '.versions', DAY), { recursive: true }).catch(() => []);
  return names.filter((file) => kind.test(file)).length;
}

const ROWS = /part-\d\d-[^/]*\.ndjson$/;
const BAD_LINES = /bad-[^/]*\.ndjson$/;

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
  });

  it('leaves nothing on the machines of the executors', async () => {
    const left = async (): Promise<string[]> => await readdir(cluster.scratch, { recursive: true });
    await until('the end of the executors', async () => (await left()).every((name) => !name.includes('blockmgr-')));
    expect(await left()).not.toContainEqual(expect.stringContaining('daybreak-spark-'));
  });

  it('gives the same bytes again, on another master', async () => {
    const again = join(root, 'events-again');
    await onSpark(await loadExample('events'), { input, output: again, findSpark: () => Promise.resolve(installed) });
    expect(await contentsOf(again, DAY)).toEqual(await contentsOf(output, DAY));
  });

  it('gives the same with libraries from the archive of `spark pack`', async () => {
    const archive = join(root, 'daybreak-python.tar.gz');
    const { setting } = JSON.parse(await succeed(`spark pack ${archive} --json`, {})) as { readonly setting: string };
    const packed = join(root, 'events-packed');
    await withSettings([setting], async () => {
      await onSpark(await loadExample('events'), {
        input,
        output: packed,
        findSpark: () => Promise.resolve(withoutLibraries(spark)),
      });
    });
    expect(await contentsOf(packed, DAY)).toEqual(await contentsOf(output, DAY));
  });

  it('gives the same with a worker that is killed in the middle', async () => {
    const day = join(root, 'killed-input');
    await writeFiles(day, wholeDay(20_000));
    const places = [join(root, 'killed-spark'), join(root, 'killed-duckdb')] as const;
    const expected = await onDuckDb(await loadExample('events'), { input: day, output: places[1] });
    await withSettings([MANY_TASKS], async () => {
      const building = onSpark(await loadExample('events'), { input: day, output: places[0] });
      // Its rows are being written, from records that both executors keep.
      await until('the first rows', async () => (await writtenFiles(places[0], ROWS)) > 0, { during: building });
      await cluster.killWorker();
      await expectSameDay(await building, expected, places);
    });
    expect(await readFile(logOf(places[0]), 'utf8')).toMatch(/Lost executor/);
  });

  it('gives the same with two attempts of a task at once, of which Spark began one because the other was slow', async () => {
    const day = join(root, 'slow-input');
    const records = Array.from({ length: 1_500_000 }, (_, id) => event(id, '2026-11-21 12:00:00'));
    await writeFiles(day, {
      'names.20261121.10.json': lines(event(1, '2026-11-21 10:00:00')),
      'names.20261121.11.json': lines(event(1, '2026-11-21 11:00:00')),
      // One task reads it, and writes its second line to a file that no other attempt has.
      'names.20261121.12.json.gz': gzipSync(lines(event(0, '2026-11-21 12:00:00'), 'bad', records.join('\n')), {
        level: 1,
      }),
    });
    const places = [join(root, 'slow-spark'), join(root, 'slow-duckdb')] as const;
    const expected = await onDuckDb(await loadExample('events'), { input: day, output: places[1] });
    const impatient = ['quantile 0.5', 'multiplier 1.0', 'minTaskRuntime 0'].map((more) => `spark.speculation.${more}`);
    await withSettings([MANY_TASKS, 'spark.speculation true', ...impatient], async () => {
      const building = onSpark(await loadExample('events'), { input: day, output: places[0] });
      const both = async (): Promise<boolean> => (await writtenFiles(places[0], BAD_LINES)) === 2;
      await until('two attempts that read', both, { during: building, pauseMs: 50 });
      await expectSameDay(await building, expected, places);
    });
    expect(await readFile(logOf(places[0]), 'utf8')).toMatch(/ as speculatable/);
  });

  it('does nothing where nothing changed, and has Spark do only the hour that did', async () => {
    const loaded = await loadExample('events');
    const log = logOf(output);
    await rm(log);
    await onSpark(loaded, { input, output });
    await expect(readFile(log)).rejects.toThrow('ENOENT'); // No Spark ran.
    await appendFile(join(input, 'names.20261121.09.json'), lines(event(12, '2026-11-21 09:00:01', 'late')));
    let hours = 0;
    const manifest = await onSpark(loaded, { input, output, onProgress: ({ hoursTotal }) => (hours = hoursTotal) });
    expect(hours).toBe(1);
    await expectSameDay(manifest, await onDuckDb(loaded, { input, output: other }), outputs);
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

  /** A Spark that does something else before, after or instead of its work. "$REAL" is the real one. */
  const programmed = async (name: string, script: string): Promise<SparkProgram> => {
    const file = join(root, name);
    await writeFile(file, `#!/bin/sh\nREAL=${spark.sparkSubmit}\n${script}\n`);
    await chmod(file, 0o755);
    return { ...spark, sparkSubmit: file };
  };

  it('of a task, four times, is named with its file and its reason', async () => {
    const removing = await programmed('removing', `rm '${join(input, 'names.20261121.08.json')}'; exec "$REAL" "$@"`);
    const day = { 'names.20261121.08.json': lines(event(1, '2026-11-21 08:00:00')) };
    await writeFiles(input, day);
    await expect(
      onSpark(await loadExample('events'), { input, output, findSpark: () => Promise.resolve(removing) }),
    ).rejects.toMatchObject({
      code: 'UNREADABLE_INPUT',
      what: expect.stringContaining('names.20261121.08.json: [Errno 2] No such file') as string,
    });
    expect(await readFile(logOf(output), 'utf8')).toMatch(/failed 4 times/);
  });

  it('for lack of a library says how executors get it', async () => {
    await expect(
      onSpark(await loadExample('events'), {
        input,
        output,
        force: true,
        findSpark: () => Promise.resolve(withoutLibraries(spark)),
      }),
    ).rejects.toMatchObject({
      code: 'MISSING_TOOL',
      what: expect.stringMatching(/lacks duckdb 1\.5\.5 and pyarrow 26\.0\.1$/) as string,
      remedy: expect.stringContaining('npx daybreak spark pack daybreak-python.tar.gz') as string,
    });
  });

  it('refuses more rows than events', async () => {
    const loaded = await loadExample('events');
    const unchecked = { ...loaded, transform: loaded.transform.replace('n.uid = e.id % 10', 'n.uid >= 8') };
    await expect(onSpark(unchecked, { input, output, force: true })).rejects.toMatchObject({
      code: 'MULTIPLIED_ROWS',
      what: expect.stringContaining('gives 2 rows for the 1 event of the hour 07') as string,
    });
  });

  it('of the driver, killed while it writes, leaves the published day', async () => {
    const killed = await programmed(
      'killed',
      '"$REAL" "$@" & DRIVER=$!; until [ -e parts ]; do sleep 0.05; done; kill -9 $DRIVER; wait $DRIVER; exit 137',
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
