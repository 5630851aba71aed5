import { appendFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker as Thread } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import type { DayManifest } from '../../../../domain/day-manifest';
import { DaybreakError } from '../../../../domain/errors';
import { runDayBuild, type DayBuildOptions } from '../../../../engines/build-day';
import { startHourThread } from '../../../../engines/duckdb/hours/hour-thread-client';
import { receivedError, sentError } from '../../../../engines/duckdb/hours/thread-messages';
import { loadPipeline } from '../../../../engines/load-pipeline';
import type { LoadedPipeline } from '../../../../engines/model/loaded-pipeline';
import { until } from '../../../integration/support/until';
import { contentsOf, DAY, event, lines, pipelineLike, rowsOf, scratchFolder, writeFiles } from '../../scratch';

const root = scratchFolder();
/** With three threads, a day with an hour of more bytes than this is built in threads; see `buildHours`. */
const LARGE = 4.5 * 1024 * 1024;
const RECORDS = Math.ceil(LARGE / event(100_000).length);

let input: string;
let output: string;
let count = 0;

beforeEach(() => {
  count += 1;
  input = join(root, `input-${count}`);
  output = join(root, `output-${count}`);
});

function build(loaded: LoadedPipeline, changes: Partial<DayBuildOptions> = {}): Promise<DayManifest> {
  return runDayBuild(loaded, { date: DAY, input, output, engine: 'duckdb', threads: 3, ...changes });
}

async function pipelineWith(changes: Parameters<typeof pipelineLike>[2]): Promise<LoadedPipeline> {
  return loadPipeline(await pipelineLike('events', join(root, `pipeline-${count}`), changes));
}

function hourOf(hour: string, first: number): string[] {
  return Array.from({ length: RECORDS }, (_, index) => event(first + index, `2026-11-21 ${hour}:30:00`));
}

describe('a day whose hours are built in threads', () => {
  it('has the rows, counts and quarantine that its records have', async () => {
    const seven = hourOf('07', 0);
    const misplaced = [event(900_001, '2026-11-21 08:10:00'), event(900_002, '2026-11-21 09:10:00')];
    const bad = ['no json', `{"hello":"x","id":"y","time":"2026-11-21 07:00:00"}`];
    await writeFiles(input, {
      'names.20261121.07.json': lines(...seven, ...misplaced, ...bad, ...seven.slice(0, 10)),
      'names.20261121.08.json': lines(...hourOf('08', 1_000_000)),
      'names.20261121.10.json': lines(event(5, '2026-11-21 10:00:00')),
    });
    const seen: number[] = [];
    const manifest = await build(await pipelineWith({}), { onProgress: ({ rows }) => seen.push(rows) });
    expect(manifest.counts).toMatchObject({ read: 2 * RECORDS + 15, duplicates: 10, quarantined: 2 });
    const ids = (await rowsOf(output, DAY)).map((row) => Number(/"user_id":(\d+)/.exec(row)?.[1]));
    expect(ids).toHaveLength(2 * RECORDS + 3);
    expect(new Set(ids).size).toBe(2 * RECORDS + 3 - 1); // 5 is in two hours.
    expect(ids.at(0)).toBe(0);
    expect(manifest.hours.find(({ hour }) => hour === '09')).toMatchObject({ written: 1, misfiled: 1 });
    expect((await contentsOf(output, DAY))['_quarantine.ndjson']?.match(/"line":(\d+)/g)).toEqual([
      `"line":${RECORDS + 3}`,
      `"line":${RECORDS + 4}`,
    ]);
    // The hour with a record in another hour's file is read once more, and counts once.
    expect(seen.at(-1)).toBe(2 * RECORDS + 15);
  });

  it('drops an identity that an earlier hour has', async () => {
    const loaded = await pipelineWith({
      'pipeline.yaml': (text) => text.replace('  time:\n    column', '  identity: [id]\n  time:\n    column'),
    });
    await writeFiles(input, {
      'names.20261121.07.json': lines(...hourOf('07', 0)),
      'names.20261121.08.json': lines(...hourOf('08', RECORDS - 100)),
    });
    const { counts } = await build(loaded);
    expect(counts).toMatchObject({ read: 2 * RECORDS, duplicates: 100 });
    expect(await rowsOf(output, DAY)).toHaveLength(2 * RECORDS - 100);
  });

  it('quarantines a record on which the SQL fails', async () => {
    const loaded = await pipelineWith({
      'transform.sql': (text) => text.replace('e.hello', 'CAST(e.hello AS BIGINT) AS hello'),
    });
    const numbers = hourOf('07', 0).map((line) => line.replace('ssm-seoul', '000000001'));
    await writeFiles(input, { 'names.20261121.07.json': lines(...numbers, event(1, '2026-11-21 07:00:00', 'x')) });
    const seen: number[] = [];
    const { counts } = await build(loaded, { onProgress: ({ rows }) => seen.push(rows) });
    expect(counts).toMatchObject({ read: RECORDS + 1, quarantined: 1 });
    expect(seen.at(-1)).toBe(RECORDS + 1);
    expect((await contentsOf(output, DAY))['_quarantine.ndjson']).toContain(`"line":${RECORDS + 1}`);
  });

  it('is the same, byte by byte, whatever the number of threads', async () => {
    const checks = [{ name: 'odd', where: 'user_id % 2 = 1', atMost: 0 }];
    const loaded = await pipelineWith({
      'pipeline.yaml': (text) => `${text}\nchecks: ${JSON.stringify(checks)}\n`,
    });
    const hours = ['05', '06', '07'].map((hour, index) => [
      `names.20261121.${hour}.json.gz`,
      gzipSync(lines(...hourOf(hour, index * 1_000_000), event(index, '2026-11-21 12:00:00'))),
    ]);
    await writeFiles(input, Object.fromEntries(hours) as Record<string, Buffer>);
    const before = await build(loaded, { threads: 1 });
    const one = await contentsOf(output, DAY);
    expect(before.hours.map(({ wrong }) => wrong?.['odd'] ?? 0).slice(5, 8)).toEqual([5, 6, 7].map(() => RECORDS >> 1));
    await build(loaded, { threads: 3, force: true });
    expect(await contentsOf(output, DAY)).toEqual(one);
    // Now of the hours that have changed alone.
    await appendFile(join(input, 'names.20261121.06.json.gz'), gzipSync(lines(...hourOf('06', 3_000_001))));
    const grown = await build(loaded, { threads: 3 });
    expect(grown.hours[6]?.wrong).toEqual({ odd: (RECORDS >> 1) + Math.ceil(RECORDS / 2) });
    const three = await contentsOf(output, DAY);
    expect(await build(loaded, { threads: 1, force: true })).toEqual(grown);
    expect(await contentsOf(output, DAY)).toEqual(three);
  });

  it.each([128, 256, 600])('keeps to %i MiB of memory', async (mebibytes) => {
    await writeFiles(input, { 'names.20261121.07.json': lines(...hourOf('07', 0)) });
    const { counts } = await build(await pipelineWith({}), { memoryLimit: mebibytes * 1024 ** 2 });
    expect(counts).toMatchObject({ read: RECORDS, written: RECORDS });
  });

  it('ends with CANCELLED, and leaves nothing behind', async () => {
    await writeFiles(input, { 'names.20261121.07.json': lines(...hourOf('07', 0)) });
    const stop = new AbortController();
    const versions = join(output, '.versions', DAY);
    const ended = build(await pipelineWith({}), { signal: stop.signal });
    const reading = async (): Promise<boolean> =>
      (await readdir(versions, { recursive: true }).catch(() => [])).some((name) =>
        name.endsWith('.proven-07.parquet'),
      );
    await until('a thread reads the hour', reading, { pauseMs: 5, during: ended });
    stop.abort();
    await expect(ended).rejects.toMatchObject({ code: 'CANCELLED' });
    expect((await readdir(versions)).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('fails with the error of a thread, and leaves the published day as it was', async () => {
    const loaded = await pipelineWith({
      'transform.sql': (text) => text.replace('e.hello', 'CAST(e.hello AS BIGINT) AS hello'),
    });
    await writeFiles(input, { 'names.20261121.07.json': lines(event(1, '2026-11-21 07:00:00', '1')) });
    await build(loaded);
    const before = await contentsOf(output, DAY);
    await writeFiles(input, { 'names.20261121.08.json': lines(...hourOf('08', 0)) });
    await expect(build(loaded)).rejects.toMatchObject({
      code: 'ENGINE_FAILED',
      what: expect.stringContaining('the transform fails on more than 1000 records') as string,
      remedy: expect.stringContaining('TRY_CAST') as string,
    });
    expect(await contentsOf(output, DAY)).toEqual(before);
    expect((await readdir(join(output, '.versions', DAY))).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});

it('fails at once if a thread has ended by itself', async () => {
  const loaded = await pipelineWith({});
  const setup = { loaded, date: DAY, folder: root, memoryLimit: 128 * 1024 ** 2, number: 0, input: root };
  const worker = await startHourThread(setup, { addRows: () => undefined, addFetched: () => undefined });
  const exits = jest.spyOn(Thread.prototype, 'postMessage');
  const reading = { hour: '07', files: [], same: undefined, write: true } as const;
  await worker.read(reading);
  const thread = exits.mock.contexts.at(-1) as Thread;
  exits.mockRestore();
  await thread.terminate();
  await expect(worker.read(reading)).rejects.toThrow('a thread of the build ended with');
  await worker.close();
});

describe('errors between threads', () => {
  it.each<[string, Error]>([
    [
      'an error of Daybreak with its cause',
      new DaybreakError('STORAGE_CHANGED', { what: 'w', remedy: 'r', cause: new Error('because') }),
    ],
    ['an error of Node', Object.assign(new Error('gone'), { code: 'ENOENT' })],
  ])('%s is the same on the other side', (_, error) => {
    const received = receivedError(structuredClone(sentError(error)));
    expect(received).toEqual(error);
    expect(received.stack).toBe(error.stack);
    expect(received).toBeInstanceOf(error.constructor);
    expect(received.cause).toEqual(error.cause);
    expect('code' in received && received.code).toBe('code' in error && error.code);
  });

  it('takes what is no error', () => {
    expect(receivedError(structuredClone(sentError('text'))).message).toBe('text');
  });
});
