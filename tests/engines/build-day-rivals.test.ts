import { appendFile, mkdir, readdir, readFile, realpath, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runDayBuild, type DayBuildOptions } from '../../engines/build-day';
import { readChunks } from '../../engines/input/line-chunks';
import { listInput } from '../../engines/input/input-files';
import { localInput } from '../../engines/input/local-files';
import { unchangedDay } from '../../engines/versions/previous-build';
import { scratchIn } from '../../engines/versions/scratch';
import { contentsOf, DAY, event, lines, loadExample, rowsOf, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();
const SEVEN = 'names.20261121.07.json';
const NINE = 'names.20261121.09.json';
/** Written so that the fast path misses each line. */
const SLOW = Array.from(
  { length: 150_000 },
  (_, id) => `{ "time": "2026-11-21 09:00:00", "hello": "\\u0041", "id": ${id}${'0'.repeat(id % 5)} }\n`,
).join('');

let input: string;
let output: string;
let versions: string;
let count = 0;

beforeEach(async () => {
  count += 1;
  input = join(root, `input-${count}`);
  output = join(root, `output-${count}`);
  versions = join(output, '.versions', DAY);
  await writeFiles(input, { [SEVEN]: lines(event(1)), [NINE]: lines(event(2, '2026-11-21 09:00:00')) });
});

const build = async (changes: Partial<DayBuildOptions> = {}) =>
  runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb', threads: 1, ...changes });

/** Waits until a build has written the hour 07, and so has read its file. */
async function sevenRead(): Promise<void> {
  for (;;) {
    const building = (await readdir(versions)).find((name) => name.startsWith('.building'));
    const found = building && (await stat(join(versions, building, '07.ndjson')).catch(() => undefined));
    if (found) return;
    await sleep(5);
  }
}

it('does not let a build of older files replace one of newer files', async () => {
  await writeFile(join(input, NINE), SLOW);
  await build();
  const slow = build({ force: true });
  await sevenRead();
  await appendFile(join(input, SEVEN), lines(event(77)));
  await build();
  expect((await slow).counts.read).toBe(150_002);
  expect((await rowsOf(output, DAY)).join('\n')).toContain('"user_id":77,');
});

it('builds anew where retention takes the previous version away', async () => {
  await build();
  const previous = await realpath(join(output, DAY));
  await writeFile(join(input, NINE), SLOW);
  await appendFile(join(input, SEVEN), lines(event(3)));
  const slow = build();
  await sevenRead();
  await rm(previous, { recursive: true });
  expect((await slow).counts.read).toBe(150_002);
});

it.each<[string, (folder: string) => Promise<void>]>([
  ['state is empty', (folder) => writeFile(join(folder, '.build-state.json'), '')],
  ['state is half', (folder) => writeFile(join(folder, '.build-state.json'), '{"rules":"1","stamps":{}}')],
  ['manifest is broken', (folder) => writeFile(join(folder, '_manifest.json'), '{')],
  ['hour is gone', (folder) => rm(join(folder, '11.ndjson'))],
  ['hour is empty', (folder) => writeFile(join(folder, '07.ndjson'), '')],
])('repairs a published day whose %s', async (_, spoil) => {
  await build();
  const before = await contentsOf(output, DAY);
  await spoil(await realpath(join(output, DAY)));
  await build();
  expect(await contentsOf(output, DAY)).toEqual(before);
  await spoil(await realpath(join(output, DAY)));
  await appendFile(join(input, SEVEN), lines(event(3)));
  expect((await build()).counts.kept).toBe(3);
});

it('sees a file that was changed in place and got its old time back', async () => {
  const { pipeline } = await loadExample('events');
  const file = join(input, SEVEN);
  const old = new Date(Date.now() - 3_600_000);
  await utimes(file, old, old);
  const settled = async (): Promise<boolean> =>
    (await listInput(localInput(input), pipeline, DAY)).own.every(({ stamp }) => stamp !== '');
  while (!(await settled())) await sleep(50);
  await build();
  await writeFile(file, (await readFile(file, 'utf8')).replace('"id":1', '"id":5'));
  await utimes(file, old, old);
  await build();
  expect((await rowsOf(output, DAY))[0]).toContain('"user_id":5,');
});

it('builds nothing over the day of another pipeline', async () => {
  await build();
  const loaded = await loadExample('events');
  const other = { ...loaded, pipeline: { ...loaded.pipeline, name: 'other' } };
  for (const force of [false, true]) {
    await expect(runDayBuild(other, { date: DAY, input, output, engine: 'duckdb', force })).rejects.toMatchObject({
      code: 'OUTPUT_FAILED',
      what: expect.stringContaining('of the pipeline "events", not of "other"') as string,
    });
  }
});

it('leaves a day that cannot be where it is looked for to the build, which explains it', async () => {
  const file = join(root, 'file');
  await writeFile(file, '');
  const day = { date: DAY, input, output: file, engine: 'duckdb' } as const;
  expect(await unchangedDay(await loadExample('events'), day)).toBeUndefined();
  await expect(build({ output: file })).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
});

it('removes what was left by a process that had the same number before, and by none that builds', async () => {
  const left = join(versions, `.building-${hostname()}-${process.pid}-0a`);
  const ancient = join(versions, `.building-${hostname()}-${process.ppid}-0b`);
  const running = join(versions, `.building-${hostname()}-${process.pid}-0c`);
  const own = scratchIn(versions);
  for (const folder of [left, ancient, running, own]) await mkdir(folder, { recursive: true });
  const old = new Date(performance.timeOrigin - 60_000);
  await utimes(left, old, old);
  await utimes(ancient, new Date(0), new Date(0));
  // As a file server gives it whose clock is behind, or a clock that was set back.
  await utimes(own, new Date(0), new Date(0));
  await build();
  const names = (await readdir(versions)).filter((name) => name.startsWith('.'));
  expect(names.sort()).toEqual([basename(running), basename(own)].sort());
});

it('names the memory where it is too small for a table', async () => {
  await expect(build({ memoryLimit: 256 * 1024 })).rejects.toMatchObject({
    code: 'ENGINE_FAILED',
    remedy: expect.stringContaining('more memory') as string,
  });
});

it('closes a file that it reads only in part', async () => {
  await writeFile(join(input, NINE), SLOW.repeat(3));
  const { own: files } = await listInput(localInput(input), (await loadExample('events')).pipeline, DAY);
  const open = async (): Promise<number> => (await readdir('/dev/fd')).length;
  const before = await open();
  for await (const chunk of readChunks(files, { maximumBytes: 1024 ** 2 })) {
    expect(chunk.text.length).toBeGreaterThan(0);
    break;
  }
  expect(await open()).toBe(before);
});

it('builds all hours that it was told to build, also if another build publishes meanwhile', async () => {
  await writeFile(join(input, NINE), SLOW);
  await build();
  // As a bad disk changes it: the size is the same, so that a build that takes the hour over does not see it.
  const seven = join(await realpath(join(output, DAY)), '07.ndjson');
  await writeFile(seven, (await readFile(seven, 'utf8')).replace('"user_id":1,', '"user_id":9,'));
  const slow = build({ force: true });
  await sevenRead();
  await writeFile(join(input, 'names.20261121.11.json'), lines(event(3, '2026-11-21 11:00:00')));
  await build();
  await slow;
  expect((await rowsOf(output, DAY))[0]).toContain('"user_id":1,');
});
