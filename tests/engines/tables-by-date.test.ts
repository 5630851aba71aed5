import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseBusinessDate, type BusinessDate } from '../../domain/business-date';
import type { DayManifest } from '../../domain/day-manifest';
import { runDayBuild } from '../../engines/build-day';
import { loadPipeline } from '../../engines/load-pipeline';
import type { LoadedPipeline } from '../../engines/model/loaded-pipeline';
import { readPipeline } from '../../engines/pipeline/read-pipeline';
import { surveyDay } from '../../engines/versions/late-data-scan';
import { unchangedDay } from '../../engines/versions/previous-build';
import { contentsOf, DAY, event, lines, pipelineLike, rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();
const data = join(root, 'data');
const [input, output] = [join(data, 'input'), join(data, 'output')];
const EARLY = parseBusinessDate('2026-10-01');
const named = (name: string): string => `{"uid":1,"name":"${name}"}\n`;
let folder: string;
let loaded: LoadedPipeline;

beforeEach(async () => {
  await rm(data, { recursive: true, force: true });
  folder = await pipelineLike('events', root, {
    'pipeline.yaml': (text) => text.replace('file: names.ndjson', 'file: names.%Y-%m-%d.ndjson'),
  });
  await writeFiles(folder, { 'names.2026-11-01.ndjson': named('first'), 'names.2026-11-22.ndjson': named('third') });
  await writeFiles(input, { 'names.20261121.07.json': lines(event(1), event(11)) });
  // Today's tables, as those who select days load them.
  loaded = await loadPipeline(folder);
});

const build = (date: BusinessDate = DAY): Promise<DayManifest> =>
  runDayBuild(loaded, { date, input, output, engine: 'duckdb' });
const names = async (): Promise<unknown[]> =>
  (await rowsOf(output, DAY)).map((row) => (JSON.parse(row) as { user_name: unknown }).user_name);
const survey = () => surveyDay(loaded, data, DAY);
const unchanged = async () =>
  unchangedDay(await readPipeline(folder, DAY), { date: DAY, input, output, engine: 'duckdb' });

it('builds a day with the version of the day, whatever is the latest now, and names it in the manifest', async () => {
  const { tableFiles, tables } = await build();
  expect(await names()).toEqual(['first', 'first']);
  expect(tableFiles).toEqual({ names: 'names.2026-11-01.ndjson' });
  expect(tables).toEqual((await readPipeline(folder, DAY)).hashes.tables);
  expect(tables).not.toEqual(loaded.hashes.tables);
});

it('leaves a day as it is when a later version appears: the same then as now', async () => {
  const before = await build();
  const content = await contentsOf(output, DAY);
  await writeFiles(folder, { 'names.2026-11-23.ndjson': named('fourth') });
  loaded = await loadPipeline(folder);
  expect(await unchanged()).toEqual(before);
  expect(await build()).toEqual(before);
  expect(await survey()).toMatchObject({ inputs: 'unchanged', otherTransform: false });
  const again = await runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', force: true });
  expect(again).toEqual(before);
  expect(await contentsOf(output, DAY)).toEqual(content);
});

it.each([
  ['its version was edited', 'names.2026-11-01.ndjson'],
  ['a version of an earlier day came late', 'names.2026-11-20.ndjson'],
  ['a version of the day itself came late', 'names.2026-11-21.ndjson'],
])('builds a day anew if %s, and the survey says so', async (_, file) => {
  await build();
  await writeFiles(folder, { [file]: named('late') });
  expect(await survey()).toMatchObject({ inputs: 'unchanged', otherTransform: true });
  expect(await unchanged()).toBeUndefined();
  expect((await build()).tableFiles).toEqual({ names: file });
  expect(await names()).toEqual(['late', 'late']);
  expect(await survey()).toMatchObject({ otherTransform: false });
});

it('does not list a day for a build that cannot be: its version is gone, and no earlier one is left', async () => {
  await build();
  await rm(join(folder, 'names.2026-11-01.ndjson'));
  expect(await survey()).toMatchObject({ inputs: 'unchanged', otherTransform: false });
  await expect(build()).rejects.toMatchObject({ code: 'BAD_TABLE' });
  expect(await names()).toEqual(['first', 'first']);
});

it('says which version a day before all of them lacks', async () => {
  await writeFiles(input, { 'names.20261001.07.json': lines(event(1, '2026-10-01 07:00:00')) });
  await expect(build(EARLY)).rejects.toMatchObject({
    code: 'BAD_TABLE',
    what: expect.stringContaining('the oldest is names.2026-11-01.ndjson') as string,
  });
});

it('keeps the tables of one file in the hashes of their days as before', async () => {
  const plain = await loadPipeline('pipelines/events');
  const { tables, tableFiles } = await runDayBuild(plain, { date: DAY, input, output, engine: 'duckdb' });
  expect({ tables, tableFiles }).toEqual({ tables: plain.hashes.tables, tableFiles: { names: 'names.ndjson' } });
});
