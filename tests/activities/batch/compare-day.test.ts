import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareDay, type Comparison } from '../../../activities/batch/compare-day';
import type { DruidClient } from '../../../clients/druid';
import { dayPlan } from '../../../domain/daily-batch';
import type { DayManifest } from '../../../domain/day-manifest';
import type { Pipeline } from '../../../domain/pipeline';
import { runDayBuild } from '../../../engines/build-day';
import { figuresOfFile } from '../../../engines/duckdb/figures';
import { withRowsReader } from '../../../engines/duckdb/rows-of-file';
import { loadPipeline } from '../../../engines/load-pipeline';
import { STATE_FILE } from '../../../engines/versions/day-output';
import { withOutput } from '../../../engines/versions/open-output';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { DAY, event, lines, pipelineLike, publishedIn, scratchFolder, writeFiles } from '../../engines/scratch';

const root = scratchFolder();
const input = join(root, 'input');
const built = join(root, 'built');
const output = join(root, 'output');
let version: string;
let hourFile: string;

beforeAll(async () => {
  await writeFiles(input, { 'names.20261121.07.json': lines(event(1), event(2)) });
  const loaded = await loadPipeline('pipelines/events');
  await runDayBuild(loaded, { date: DAY, input, output: built, engine: 'duckdb' });
  version = (await publishedIn(built))?.version ?? '';
  hourFile = join(output, '.versions', DAY, version, '07.ndjson');
});
beforeEach(async () => {
  await rm(output, { recursive: true, force: true });
  await cp(built, output, { recursive: true, verbatimSymlinks: true });
});

/** The proof by a Druid that serves what the file of the hour has, as if it had loaded it. */
async function prove(proof: Pipeline['proof'] = 'rows'): Promise<Comparison> {
  const loaded = await loadPipeline('pipelines/events');
  return proveBy({ ...loaded, pipeline: { ...loaded.pipeline, proof } }, { location: output, version }, () =>
    readFile(hourFile),
  );
}

/**
 * The proof of a version by a Druid that serves some lines of the seventh hour.
 *
 * @param payloads the types of the column `payload` in the segments.
 */
async function proveBy(
  loaded: LoadedPipeline,
  published: { readonly location: string; readonly version: string },
  served: () => Promise<Buffer>,
  payloads: readonly string[] = [],
): Promise<Comparison> {
  const { location, version } = published;
  const typed = (typeSignature: string): object => ({
    id: 'a segment',
    columns: { payload: { typeSignature, hasMultipleValues: false } },
  });
  const queries = {
    segmentColumns: () => Promise.resolve(payloads.map(typed)),
    sql: () => Promise.resolve([]),
    sqlLines: async function* (query: string) {
      // The seventh hour of the day in Seoul.
      if (query.includes("__time >= TIMESTAMP '2026-11-20 22:00:00.000'")) yield await served();
    },
  };
  return withOutput({ location }, DAY, async (day) => {
    const { manifest } = await day.versionAt(join(location, '.versions', DAY, version));
    return compareDay(
      { queries } as unknown as DruidClient,
      dayPlan(loaded.pipeline, DAY),
      { output: day, version, hours: manifest.hours },
      loaded,
      { scratch: root },
    );
  });
}

const CHANGED = (what: RegExp, code = 'UNREADABLE_VERSION'): object => ({
  code,
  what: expect.stringMatching(what) as string,
  remedy: expect.stringContaining('npx daybreak batch run --pipeline events --date 2026-11-21 --force') as string,
});

const change = async (edit: (text: string) => string): Promise<void> =>
  writeFile(hourFile, edit(await readFile(hourFile, 'utf8')));
const cut = (text: string): string => `${text.split('\n')[0]}\n`;
const altered = (text: string): string => text.replace('"user_id":1', '"user_id":7');

it('finds the rows that were built and loaded', async () => {
  await expect(prove()).resolves.toMatchObject({
    kind: 'rows',
    hours: expect.arrayContaining([expect.objectContaining({ hour: '07', batchRows: 2, druidRows: 2 })]) as unknown,
  });
});

it.each<[string, (text: string) => string, RegExp]>([
  ['cut', cut, /of 2026-11-21, 07\.ndjson has 1 row, and 2 were written/],
  ['altered', altered, /of 2026-11-21, 07\.ndjson is not what was built/],
])('is no proof where Druid has loaded a file that was %s after its build', async (_, edit, what) => {
  await change(edit);
  await expect(prove()).rejects.toMatchObject(CHANGED(what));
});

it('is no proof where the file has fewer rows than the manifest says', async () => {
  const path = join(output, '.versions', DAY, version, '_manifest.json');
  const manifest = JSON.parse(await readFile(path, 'utf8')) as DayManifest;
  const hours = manifest.hours.map((hour) => (hour.hour === '07' ? { ...hour, written: 3 } : hour));
  await writeFile(path, JSON.stringify({ ...manifest, hours }));
  await expect(prove()).rejects.toMatchObject(CHANGED(/07\.ndjson has 2 rows, and 3 were written/));
  await expect(prove('aggregates')).rejects.toMatchObject(CHANGED(/in hour 07 of 2026-11-21/, 'PROOF_FAILED'));
});

it('says how to build the day anew where Druid has other rows than the build found, since its file was altered', async () => {
  await writeFigures();
  await expect(prove('aggregates')).rejects.toMatchObject({ code: 'PROOF_FAILED' });
  await change(altered);
  await expect(prove('aggregates')).rejects.toMatchObject(CHANGED(/in hour 07 of 2026-11-21/, 'PROOF_FAILED'));
});

/** As a build does for a large hour, whose file the proof then need not read. */
async function writeFigures(): Promise<void> {
  const { pipeline, outputColumns } = await loadPipeline('pipelines/events');
  const path = join(output, '.versions', DAY, version, STATE_FILE);
  const state = JSON.parse(await readFile(path, 'utf8')) as object;
  const figures = {
    '07': await withRowsReader(pipeline, { scratch: root, columns: outputColumns }, (reader) =>
      figuresOfFile(reader, outputColumns, hourFile),
    ),
  };
  await writeFile(path, JSON.stringify({ ...state, figures }));
}

describe('JSON of which no value is an object', () => {
  const location = join(root, 'payloads');
  let loaded: LoadedPipeline;
  let published: { readonly location: string; readonly version: string };

  beforeAll(async () => {
    loaded = await loadPipeline(
      await pipelineLike('events', join(root, 'pipelines'), {
        'pipeline.yaml': (text) => text.replace('    time: VARCHAR\n', '    time: VARCHAR\n    payload: JSON\n'),
        'transform.sql': (text) => text.replace('n.uid', 'n.uid, e.payload'),
      }),
    );
    const records = ['true', '5', '"a"', 'null'].map((payload, id) => event(id).replace('}', `,"payload":${payload}}`));
    await writeFiles(join(root, 'payload-events'), { 'names.20261121.07.json': lines(...records) });
    await runDayBuild(loaded, {
      date: DAY,
      input: join(root, 'payload-events'),
      output: location,
      engine: 'duckdb',
    });
    published = { location, version: (await publishedIn(location))?.version ?? '' };
  });

  /** The proof by a Druid that serves these payloads, as text, with the rows of the batch. */
  async function proveWith(payloads: readonly (string | null)[], types: readonly string[]): Promise<Comparison> {
    const text = await readFile(join(location, '.versions', DAY, published.version, '07.ndjson'), 'utf8');
    const rows = text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { user_id: number });
    const served = payloads.map((payload, id) => ({ ...rows.find((row) => row.user_id === id), payload }));
    return proveBy(
      loaded,
      published,
      () => Promise.resolve(Buffer.from(lines(...served.map((row) => JSON.stringify(row))))),
      types,
    );
  }

  const TEXTS = ['"1"', '"5"', '"a"', null];

  it('is proven by the texts to which Druid converts it', async () => {
    await expect(proveWith(TEXTS, ['STRING'])).resolves.toMatchObject({
      kind: 'rows',
      hours: expect.arrayContaining([expect.objectContaining({ hour: '07', batchRows: 4, druidRows: 4 })]) as unknown,
    });
  });

  it.each<[string, readonly (string | null)[], readonly string[]]>([
    ['another value', ['"0"', '"5"', '"a"', null], ['STRING']],
    ['null for a value', [null, '"5"', '"a"', null], ['STRING']],
    ['a row less', ['"1"', '"5"', '"a"'], ['STRING']],
    ['texts in segments that convert nothing', TEXTS, ['COMPLEX<json>']],
  ])('is not proven by %s', async (_, payloads, types) => {
    await expect(proveWith(payloads, types)).rejects.toMatchObject({ code: 'PROOF_FAILED' });
  });

  it('is compared so if one of the day’s segments converts it', async () => {
    await expect(proveWith(['true', '5', '"a"', null], ['COMPLEX<json>', 'STRING'])).resolves.toMatchObject({
      kind: 'rows',
    });
  });
});
