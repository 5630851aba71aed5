import { appendFile, mkdir, mkdtemp, realpath, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { parseBusinessDate } from '../../../domain/business-date';
import { runDayBuild } from '../../../engines/build-day';
import { servedBuild, surveyDay } from '../../../engines/versions/late-data-scan';
import { withOutput } from '../../../engines/versions/open-output';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { loadPipeline } from '../../../engines/load-pipeline';
import { pipelineVersion } from '../../../engines/pipeline/pipeline-version';

const date = parseBusinessDate('2026-11-21');
const lines = (hour: string, ...ids: number[]): string =>
  ids.map((id) => `{"hello":"x","id":${id},"time":"2026-11-21 ${hour}:00:00"}\n`).join('');

let loaded: LoadedPipeline;
let folder: string;
const input = (hour: string, end = ''): string => join(folder, 'input', `names.20261121.${hour}.json${end}`);
const build = (of = loaded) =>
  runDayBuild(of, { date, input: join(folder, 'input'), output: join(folder, 'output'), engine: 'duckdb' });

/** Records the published build as what Druid serves. */
async function replace(): Promise<void> {
  await mkdir(join(folder, 'reconciliation'));
  const result = { verdict: 'replaced', output: await realpath(join(folder, 'output', date)) };
  await writeFile(join(folder, 'reconciliation', `${date}.json`), JSON.stringify(result));
}

beforeAll(async () => {
  loaded = await loadPipeline('pipelines/events');
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-survey-'));
  await mkdir(join(folder, 'input'));
});

afterEach(() => rm(folder, { recursive: true, force: true }));

it('knows nothing, then files, then a build with the same files', async () => {
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'none', replaced: false });
  await writeFile(input('00'), lines('00', 1, 2));
  expect((await surveyDay(loaded, folder, date)).inputs).toBe('unbuilt');
  await build();
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'unchanged', lateRows: 0, replaced: false });
  await replace();
  expect((await surveyDay(loaded, folder, date)).replaced).toBe(true);
});

it('knows from the output alone that the day was replaced, and that an operator restored a version', async () => {
  await writeFile(input('00'), lines('00', 1));
  await build();
  const mark = (isRestored: boolean) =>
    withOutput({ location: join(folder, 'output') }, date, async (output) => {
      const version = (await output.currentVersion()) ?? fail();
      await output.markServed(version, { task: 'a task', isRestored });
      return version;
    });
  await mark(false);
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ replaced: true, restored: false });
  // The result that another worker stored stays where that worker is. This machine may still have an older one.
  await replace();
  await utimes(join(folder, 'reconciliation', `${date}.json`), 0, 0);
  const version = await mark(true);
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ replaced: true, restored: true });
  expect(await servedBuild(loaded.pipeline, folder, date)).toMatchObject({ version });
});

it.each(['[]', '{}', 'null'])('says which file holds %s in the place of a result', async (text) => {
  await writeFile(input('00'), lines('00', 1));
  await build();
  await mkdir(join(folder, 'reconciliation'));
  await writeFile(join(folder, 'reconciliation', `${date}.json`), text);
  await expect(surveyDay(loaded, folder, date)).rejects.toMatchObject({
    code: 'NOT_BUILT',
    what: expect.stringContaining(join(folder, 'reconciliation', `${date}.json`)) as string,
  });
});

it('says which place the file system refuses', async () => {
  await writeFile(input('00'), lines('00', 1));
  await build();
  await writeFile(join(folder, 'reconciliation'), '');
  await expect(surveyDay(loaded, folder, date)).rejects.toMatchObject({ code: 'STORAGE_REFUSED' });
  await rm(join(folder, 'reconciliation'));
  await rm(join(folder, 'output', '.versions', date), { recursive: true });
  await writeFile(join(folder, 'output', '.versions', date), '');
  await expect(surveyDay(loaded, folder, date)).rejects.toMatchObject({
    code: 'STORAGE_REFUSED',
    what: expect.stringContaining(join(folder, 'output', '.versions', date)) as string,
  });
});

it('says that the manifest of a served day is broken, and takes an unserved one for unbuilt', async () => {
  await writeFile(input('00'), lines('00', 1));
  await build();
  await writeFile(join(folder, 'output', date, '_manifest.json'), '{"hours":[');
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'unbuilt', replaced: false });
  await replace();
  await expect(surveyDay(loaded, folder, date)).rejects.toMatchObject({
    code: 'NOT_BUILT',
    what: expect.stringMatching(/^the manifest of 2026-11-21 in .* is missing or broken, version \w+$/) as string,
  });
});

it('counts the lines that came since: appended ones, those of new files, and of gzip members', async () => {
  await writeFile(input('00'), lines('00', 1, 2));
  await writeFile(input('01', '.gz'), gzipSync(lines('01', 3)));
  await build();
  await appendFile(input('00'), lines('00', 4, 5, 6));
  await appendFile(input('01', '.gz'), gzipSync(lines('01', 7, 8)));
  await writeFile(input('02'), lines('02', 9).trimEnd());
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 6 });
});

it('counts the lines of a compressed file that was read while it was written, once it is whole', async () => {
  const ids = Array.from({ length: 2000 }, (_, id) => id);
  const whole = gzipSync(lines('00', ...ids));
  await writeFile(input('00', '.gz'), whole.subarray(0, whole.length / 2));
  await writeFile(input('01', '.gz'), gzipSync(lines('01', 1)));
  await build();
  await writeFile(input('00', '.gz'), whole);
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 2000 });
  await build();
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'unchanged', lateRows: 0 });
});

it('counts no lines of a new file that is not read, although it has line feeds', async () => {
  await writeFile(input('00'), lines('00', 1));
  await build();
  const ids = Array.from({ length: 2000 }, (_, id) => id);
  await writeFile(input('01'), deflateRawSync(lines('01', ...ids)));
  await writeFile(input('02', '.gz'), gzipSync(deflateRawSync(lines('02', ...ids))));
  await writeFile(input('03', '.deflate'), deflateSync(lines('03', ...ids)));
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 0 });
});

it('counts what can be read of what came behind a compressed file, and of one that is none', async () => {
  await writeFile(input('00', '.gz'), gzipSync(lines('00', 1, 2)));
  await build();
  await appendFile(input('00', '.gz'), Buffer.concat([Buffer.alloc(512), gzipSync(lines('00', 3)), Buffer.from('x')]));
  await writeFile(input('01', '.gz'), 'no gzip');
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 1 });
});

it('knows a file again that was compressed or unpacked since', async () => {
  await writeFile(input('00'), lines('00', 1, 2));
  await writeFile(input('01', '.gz'), gzipSync(lines('01', 3)));
  await build();
  await writeFile(input('00', '.gz'), gzipSync(lines('00', 1, 2)));
  await rm(input('00'));
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'unchanged', lateRows: 0 });
  await writeFile(input('00', '.gz'), gzipSync(lines('00', 1, 2, 4)));
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 3 });
  await build();
  await writeFile(input('01'), lines('01', 3));
  await rm(input('01', '.gz'));
  expect((await surveyDay(loaded, folder, date)).inputs).toBe('changed');
});

it('counts a rewritten file as a whole, also one of the same length', async () => {
  await writeFile(input('00'), lines('00', 1, 2));
  await build();
  await writeFile(input('00'), lines('00', 3, 4));
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 2 });
});

it.each<[string, (file: string) => Promise<void>]>([
  ['gone', (file) => rm(file)],
  ['empty now', (file) => writeFile(file, '')],
])('sees that a file of the build is %s, whatever came since', async (_, lose) => {
  await writeFile(input('00'), lines('00', 1));
  await writeFile(input('01'), lines('01', 2));
  await writeFile(input('03'), '');
  await build();
  expect((await surveyDay(loaded, folder, date)).inputs).toBe('unchanged');
  await lose(input('01'));
  await writeFile(input('02'), lines('02', 3));
  expect((await surveyDay(loaded, folder, date)).inputs).toBe('expired');
});

it('takes no packed file without records for gone that was unpacked since', async () => {
  await writeFile(input('00'), lines('00', 1));
  await writeFile(input('01', '.gz'), gzipSync(''));
  await build();
  await rm(input('01', '.gz'));
  await writeFile(input('01'), '');
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 0 });
});

it('takes no file for gone that was not read, so that one that is read can replace it', async () => {
  await writeFile(input('00'), lines('00', 1));
  await writeFile(input('01', '.bz2'), 'BZh91AY&SY');
  await build();
  await rm(input('01', '.bz2'));
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'unchanged', lateRows: 0 });
  await writeFile(input('01'), lines('01', 2, 3));
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 2 });
});

it('takes no file for gone that is only beyond the reach of now', async () => {
  const reaching = (reachHours: number): LoadedPipeline => {
    const { pipeline, hashes } = loaded;
    const files = { ...pipeline.files, reachHours };
    return { ...loaded, pipeline: { ...pipeline, files }, hashes: { ...hashes, settings: `reach ${reachHours}` } };
  };
  const neighbour = join(folder, 'input', 'names.20261122.01.json');
  await writeFile(input('23'), lines('23', 1));
  await writeFile(neighbour, lines('23', 2));
  await build(reaching(2));
  const near = reaching(1);
  expect(await surveyDay(near, folder, date)).toMatchObject({ inputs: 'unchanged', lateRows: 0, otherTransform: true });
  await appendFile(input('23'), lines('23', 3));
  expect(await surveyDay(near, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 1 });
  await rm(neighbour);
  expect((await surveyDay(near, folder, date)).inputs).toBe('expired');
});

it('sees another transform', async () => {
  await writeFile(input('00'), lines('00', 1));
  await build();
  const other = { ...loaded, hashes: { ...loaded.hashes, transform: 'another' } };
  expect(await surveyDay(other, folder, date)).toMatchObject({ inputs: 'unchanged', otherTransform: true });
});

it('compares with what Druid serves, where a later build was refused', async () => {
  await writeFile(input('00'), lines('00', 1));
  await build();
  await replace();
  await appendFile(input('00'), lines('00', 2, 3));
  await build();
  expect(await surveyDay(loaded, folder, date)).toMatchObject({ inputs: 'changed', lateRows: 2, replaced: true });
});

it('gives the version of the build that Druid serves, not of one that was published and refused since', async () => {
  await writeFile(input('00'), lines('00', 1, 2));
  expect(await servedBuild(loaded.pipeline, folder, date)).toBeUndefined();
  await build();
  await replace();
  const changed = { ...loaded, hashes: { ...loaded.hashes, transform: 'another' } };
  await runDayBuild(changed, { date, input: join(folder, 'input'), output: join(folder, 'output'), engine: 'duckdb' });
  const served = await servedBuild(loaded.pipeline, folder, date);
  expect(served && pipelineVersion(served.manifest)).toBe(pipelineVersion(loaded.hashes));
  expect(pipelineVersion(changed.hashes)).not.toBe(pipelineVersion(loaded.hashes));
});

it('names a stored result that is broken, and what to do', async () => {
  const file = join(folder, 'reconciliation', `${date}.json`);
  await mkdir(join(folder, 'reconciliation'), { recursive: true });
  await writeFile(file, '{"version": 3');
  await expect(surveyDay(loaded, folder, date)).rejects.toMatchObject({
    code: 'NOT_BUILT',
    what: expect.stringContaining(`${file}, cannot be used`) as string,
    remedy: `Move the file away, then run the day again: npx daybreak batch run --pipeline ${basename(folder)} --date ${date}`,
  });
});
