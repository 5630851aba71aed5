import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { shiftDate } from '../../../domain/business-date';
import { runDayBuild } from '../../../engines/build-day';
import { surveyDay } from '../../../engines/versions/late-data-scan';
import type { LoadedPipeline } from '../../../engines/model/loaded-pipeline';
import { loadPipeline } from '../../../engines/load-pipeline';
import { unchangedDay } from '../../../engines/versions/previous-build';
import {
  contentsOf,
  DAY,
  event,
  lines,
  pipelineLike,
  publishedIn,
  rowsOf,
  scratchFolder,
  writeFiles,
} from '../scratch';

const root = scratchFolder();
const NEXT = shiftDate(DAY, 1);
const AFTER = 'names.20261122.00.json';
const BEFORE = 'names.20261120.23.json';
const LAST = '2026-11-21 23:59:59';
const TODAY = event(9, '2026-11-22 00:00:01');

let data: string;
let loaded: LoadedPipeline;
let count = 0;

beforeEach(async () => {
  data = join(root, String((count += 1)));
  loaded = await loadPipeline(await pipelineLike('events', root));
  await put({ 'names.20261121.23.json': lines(event(1, '2026-11-21 23:00:00')), [AFTER]: lines(TODAY) });
});

const put = (files: Record<string, string>) => writeFiles(join(data, 'input'), files);
const build = (date = DAY, pipeline = loaded) =>
  runDayBuild(pipeline, {
    date,
    input: join(data, 'input'),
    output: join(data, 'output'),
    engine: 'duckdb',
    threads: 1,
  });
const ids = async (date = DAY): Promise<number[]> =>
  (await rowsOf(join(data, 'output'), date)).map((row) => Number(/"user_id":(\d+)/.exec(row)?.[1]));
const inode = async (hour: string): Promise<number> => (await stat(join(data, 'output', DAY, `${hour}.ndjson`))).ino;
const isKnown = async (): Promise<boolean> =>
  (await unchangedDay(loaded, {
    date: DAY,
    input: join(data, 'input'),
    output: join(data, 'output'),
    engine: 'duckdb',
  })) !== undefined;

/** Makes files so old that their times alone show whether they changed. */
async function settle(...files: string[]): Promise<void> {
  const old = new Date(Date.now() - 60_000);
  for (const file of files) await utimes(join(data, 'input', file), old, old);
}

it('has a record of the last second that a shipper filed in the next day, in its own day alone', async () => {
  await put({ [AFTER]: lines(event(2, LAST), TODAY), [BEFORE]: lines(event(3, '2026-11-21 00:00:00')) });
  const manifest = await build();
  expect(await ids()).toEqual([3, 1, 2]);
  expect(manifest.counts).toMatchObject({ read: 3, written: 3, outsideDay: 0, fromNeighbours: 2 });
  expect(manifest.inputs.map(({ file, hour }) => [file, hour])).toEqual([
    [BEFORE, '2026-11-20T23'],
    ['names.20261121.23.json', '23'],
    [AFTER, '2026-11-22T00'],
  ]);
  expect((await build(NEXT)).counts).toMatchObject({ read: 2, written: 1, outsideDay: 1, fromNeighbours: 0 });
  expect(await ids(NEXT)).toEqual([9]);
});

it('removes a duplicate that lies in a neighbouring file', async () => {
  await put({ [AFTER]: lines(event(1, '2026-11-21 23:00:00'), event(2, LAST), event(2, LAST)) });
  expect((await build()).counts).toMatchObject({ read: 4, written: 2, duplicates: 2 });
  expect(await ids()).toEqual([1, 2]);
});

it('leaves a bad record of a neighbouring file to the day of that file', async () => {
  await put({ [AFTER]: lines('{"id":', TODAY) });
  expect((await build()).counts).toMatchObject({ read: 1, quarantined: 0 });
  expect((await build(NEXT)).counts).toMatchObject({ read: 2, quarantined: 1 });
});

it('quarantines a record of the day on which the transform fails, with its place in the neighbouring file', async () => {
  const failing = await loadPipeline(
    await pipelineLike('events', join(root, 'failing'), {
      'transform.sql': (sql) => sql.replace('e.hello', 'CAST(e.hello AS INTEGER)::VARCHAR AS hello'),
    }),
  );
  await put({
    'names.20261121.23.json': lines(event(1, '2026-11-21 23:00:00', '1')),
    [AFTER]: lines(event(9, '2026-11-22 00:00:01', 'no number'), event(2, LAST, 'no number'), event(3, LAST, '3')),
  });
  const manifest = await build(DAY, failing);
  expect(manifest.counts).toMatchObject({ read: 3, written: 2, quarantined: 1, fromNeighbours: 2 });
  const [text = ''] = (await readFile(join(data, 'output', DAY, '_quarantine.ndjson'), 'utf8')).split('\n');
  expect(JSON.parse(text)).toMatchObject({ file: AFTER, line: 2, text: event(2, LAST, 'no number') });
});

it('is not late for what a neighbouring file gains of its own day, and remembers that it was read', async () => {
  await build();
  const published = await publishedIn(join(data, 'output'));
  await put({
    [AFTER]: lines(TODAY, event(10, '2026-11-22 00:30:00')),
    [BEFORE]: lines(event(8, '2026-11-20 23:00:00')),
  });
  await settle(AFTER, BEFORE, 'names.20261121.23.json');
  expect(await isKnown()).toBe(false);
  expect(await surveyDay(loaded, data, DAY)).toMatchObject({ inputs: 'unchanged', lateRows: 0 });
  expect(await isKnown()).toBe(false);
  expect(await surveyDay(loaded, data, DAY, { remember: true })).toMatchObject({ inputs: 'unchanged' });
  expect(await isKnown()).toBe(true);
  expect((await build()).counts.read).toBe(1);
  expect((await publishedIn(join(data, 'output')))?.folder).toBe(published?.folder);
});

it('is late for what a neighbouring file gains of the day, and builds that hour anew alone', async () => {
  await put({ 'names.20261121.07.json': lines(event(7)) });
  await build();
  const before = { seven: await inode('07'), last: await inode('23') };
  await put({ [AFTER]: lines(TODAY, event(2, LAST), event(3, LAST)) });
  expect(await surveyDay(loaded, data, DAY, { remember: true })).toMatchObject({ inputs: 'changed', lateRows: 2 });
  await build();
  expect(await ids()).toEqual([7, 1, 2, 3]);
  expect(await inode('07')).toBe(before.seven);
  expect(await inode('23')).not.toBe(before.last);
  expect(await surveyDay(loaded, data, DAY)).toMatchObject({ inputs: 'unchanged', lateRows: 0 });
});

it('takes a neighbouring record again when another file of its hour changes', async () => {
  await put({ [AFTER]: lines(event(2, LAST)) });
  await build();
  await put({ 'names.20261121.23.json': lines(event(1, '2026-11-21 23:00:00'), event(4, '2026-11-21 23:10:00')) });
  await build();
  expect(await ids()).toEqual([1, 4, 2]);
});

it('loses no row of a neighbouring file that is gone, and builds without one that never had any', async () => {
  await build();
  await rm(join(data, 'input', AFTER));
  expect(await surveyDay(loaded, data, DAY)).toMatchObject({ inputs: 'unchanged' });
  await put({ [AFTER]: lines(event(2, LAST)) });
  await build();
  await rm(join(data, 'input', AFTER));
  expect(await surveyDay(loaded, data, DAY)).toMatchObject({ inputs: 'expired' });
});

it('is built and compared although nothing of a compressed neighbouring file can be read', async () => {
  for (const content of [Buffer.alloc(4096), Buffer.from('no gzip at all, but long enough')]) {
    await writeFile(join(data, 'input', `${AFTER}.gz`), content);
    expect((await build()).counts).toMatchObject({ read: 1, quarantined: 0 });
    await writeFile(join(data, 'input', `${AFTER}.gz`), Buffer.concat([content, content]));
    expect(await surveyDay(loaded, data, DAY)).toMatchObject({ inputs: 'unchanged', lateRows: 0 });
    await expect(build(NEXT)).rejects.toMatchObject({ code: 'UNREADABLE_INPUT' });
  }
  await writeFile(join(data, 'input', `${AFTER}.gz`), gzipSync(lines(event(2, LAST))));
  expect(await surveyDay(loaded, data, DAY)).toMatchObject({ inputs: 'changed', lateRows: 1 });
});

it('names the neighbouring files of which a part cannot be read, but not one that may still be written to', async () => {
  const member = gzipSync(lines(event(2, LAST)));
  const damaged = gzipSync(lines(event(3, LAST)));
  damaged.writeUInt8(damaged.readUInt8(damaged.length - 8) ^ 1, damaged.length - 8);
  const cut = gzipSync(lines(event(4, LAST))).subarray(0, -8);
  await rm(join(data, 'input', AFTER));
  const write = (file: string, ...members: Buffer[]) => writeFile(join(data, 'input', file), Buffer.concat(members));
  await write(`${BEFORE}.gz`, member, cut);
  await write(`${AFTER}.gz`, member, damaged);
  await write(AFTER.replace('.00.', '.00_1.').concat('.gz'), member, cut);
  const damagedNeighbours = [
    { file: `${BEFORE}.gz`, reason: 'the compressed data ends before its end' },
    { file: `${AFTER}.gz`, reason: expect.stringMatching(/^the gzip member at byte \d+ is damaged/) as string },
  ];
  const manifest = await build();
  expect(manifest).toMatchObject({ damagedNeighbours, counts: { quarantined: 0 } });
  expect(manifest.truncatedFiles).toBeUndefined();
  await put({ 'names.20261121.22.json': lines(event(5, '2026-11-21 22:00:00')) });
  expect(await build()).toMatchObject({ damagedNeighbours });
  await write(`${AFTER}.gz`, member);
  await put({ 'names.20261121.21.json': lines(event(6, '2026-11-21 21:00:00')) });
  expect((await build()).damagedNeighbours).toEqual(damagedNeighbours.slice(0, 1));
});

it('reads files that are named in UTC for the local day, and none beyond the reach', async () => {
  const utc = await loadPipeline(
    await pipelineLike('events', join(root, 'utc'), {
      'pipeline.yaml': (text) => text.replace(/files:\n/, 'files:\n  timeZone: UTC\n  reachHours: 0\n'),
    }),
  );
  await put({
    'names.20261120.15.json': lines(event(1, '2026-11-21 00:10:00'), event(2, '2026-11-20 23:59:00')),
    'names.20261121.14.json': lines(event(3, LAST)),
    'names.20261121.15.json': lines(event(4, LAST)),
    'names.20261121.23.json': lines(event(5, '2026-11-22 08:00:00')),
  });
  const { counts, missingHours } = await build(DAY, utc);
  expect(await ids()).toEqual([1, 3]);
  expect(counts).toMatchObject({ read: 3, written: 2, outsideDay: 1 });
  expect(missingHours).toHaveLength(22);
  expect(Object.keys(await contentsOf(join(data, 'output'), DAY))).toContain('00.ndjson');
});

it('publishes a day anew whose missing hours alone are others', async () => {
  const kolkata = await loadPipeline(
    await pipelineLike('events', join(root, 'kolkata'), {
      'pipeline.yaml': (text) =>
        text.replace('Asia/Seoul', 'Asia/Kolkata').replace(/files:\n/, 'files:\n  timeZone: UTC\n'),
    }),
  );
  await put({ 'names.20261121.01.json': lines(event(1, '2026-11-21 06:40:00')) });
  expect((await build(DAY, kolkata)).missingHours).toContain('06');
  await put({ 'names.20261121.00.json': '', 'names.20261120.18.json': '', 'names.20261120.19.json': '' });
  expect((await build(DAY, kolkata)).missingHours).not.toContain('06');
});
