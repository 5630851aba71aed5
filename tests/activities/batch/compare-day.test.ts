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
import { DAY, event, lines, publishedIn, scratchFolder, writeFiles } from '../../engines/scratch';

const root = scratchFolder();
const built = join(root, 'built');
const output = join(root, 'output');
let version: string;
let hourFile: string;

beforeAll(async () => {
  const input = join(root, 'input');
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
  const pipeline = { ...loaded.pipeline, proof };
  const queries = {
    segmentColumns: () => Promise.resolve([]),
    sql: () => Promise.resolve([]),
    sqlLines: async function* (query: string) {
      // The seventh hour of the day in Seoul.
      if (query.includes("__time >= TIMESTAMP '2026-11-20 22:00:00.000'")) yield await readFile(hourFile);
    },
  };
  return withOutput({ location: output }, DAY, async (day) => {
    const { manifest } = await day.versionAt(join(output, '.versions', DAY, version));
    return compareDay(
      { queries } as unknown as DruidClient,
      dayPlan(pipeline, DAY),
      { output: day, version, hours: manifest.hours },
      { ...loaded, pipeline },
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
    '07': await withRowsReader(pipeline, {}, (reader) => figuresOfFile(reader, outputColumns, hourFile)),
  };
  await writeFile(path, JSON.stringify({ ...state, figures }));
}
