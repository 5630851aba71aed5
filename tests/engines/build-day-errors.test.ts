import { execFileSync, spawnSync } from 'node:child_process';
import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DaybreakError } from '../../domain/errors';
import { runDayBuild, type DayBuildOptions } from '../../engines/build-day';
import { loadPipeline } from '../../engines/load-pipeline';
import { contentsOf, DAY, event, lines, loadExample, pipelineLike, scratchFolder, writeFiles } from './scratch';

const root = scratchFolder();
let input: string;
let output: string;
let count = 0;

beforeEach(async () => {
  count += 1;
  input = join(root, `input-${count}`);
  output = join(root, `output-${count}`);
  await writeFiles(input, { 'names.20261121.07.json': lines(event(1)) });
});

const build = async (changes: Partial<DayBuildOptions> = {}) =>
  runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb', ...changes });

/** Publishes a day and runs the failing build. Expects that afterwards the day exists unchanged, and nothing else. */
async function expectFailure(failing: () => Promise<unknown>): Promise<DaybreakError> {
  await build();
  const before = await contentsOf(output, DAY);
  const error: unknown = await failing().catch((thrown: unknown) => thrown);
  expect(await contentsOf(output, DAY)).toEqual(before);
  expect(await readdir(join(output, '.versions', DAY))).toHaveLength(1);
  if (!(error instanceof DaybreakError)) throw new Error(`no DaybreakError: ${String(error)}`);
  return error;
}

it('says where it looked when there is no file for the day', async () => {
  await rm(join(input, 'names.20261121.07.json'));
  await expect(build()).rejects.toMatchObject({
    code: 'NO_INPUT',
    what: `${input} holds no file for 2026-11-21; looked for names.20261121.%H*.json, also with .gz or .zst`,
  });
  await expect(build({ input: join(root, 'nowhere') })).rejects.toMatchObject({ code: 'NO_INPUT' });
});

it('names a file whose name is not UTF-8', async () => {
  const error = await expectFailure(async () => {
    const name = Buffer.concat([
      Buffer.from(join(input, 'names.20261121.08_b')),
      Buffer.from([0xfc]),
      Buffer.from('.json'),
    ]);
    await writeFile(name, '');
    return build();
  });
  expect(error).toMatchObject({ code: 'UNREADABLE_INPUT', remedy: expect.stringContaining('Rename it') as string });
  expect(error.what).toContain('its name is not UTF-8');
});

it.each<[string, (file: string) => Promise<void>]>([
  ['a dangling link', (file) => symlink(join(root, 'nowhere'), file)],
  ['a link to itself', (file) => symlink(file, file)],
  ['a file that is not gzip', (file) => writeFile(`${file}.gz`, 'no gzip at all, but long enough')],
])('names an unreadable file: %s', async (_, spoil) => {
  const error = await expectFailure(async () => {
    await spoil(join(input, 'names.20261121.08.json'));
    return build();
  });
  expect(error.code).toBe('UNREADABLE_INPUT');
  expect(error.what).toContain(join(input, 'names.20261121.08.json'));
  expect(error.retry).toBe(true);
});

it('refuses to replace a day that it did not publish', async () => {
  await mkdir(join(output, DAY), { recursive: true });
  await expect(build()).rejects.toMatchObject({
    code: 'OUTPUT_FAILED',
    what: expect.stringContaining('not published') as string,
  });
});

it('reports an output folder that cannot be', async () => {
  await writeFile(join(root, `file-${count}`), '');
  await expect(build({ output: join(root, `file-${count}`) })).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
});

it('ends with CANCELLED at once, also in the midst of an hour', async () => {
  const big = Array.from({ length: 400_000 }, (_, id) => event(id, '2026-11-21 09:00:00')).join('\n');
  const error = await expectFailure(async () => {
    await writeFiles(input, { 'names.20261121.09.json': big });
    const stop = new AbortController();
    const running = build({ signal: stop.signal });
    setImmediate(() => {
      stop.abort();
    });
    return running;
  });
  expect(error.code).toBe('CANCELLED');
});

it('does not begin once it is cancelled', async () => {
  const error = await expectFailure(() => build({ force: true, signal: AbortSignal.abort() }));
  expect(error.code).toBe('CANCELLED');
});

it('says so when the transform fails on more records than can be bad', async () => {
  const failing = await loadPipeline(
    await pipelineLike('events', join(root, 'failing'), {
      'transform.sql': (text) => text.replace('e.hello', 'CAST(e.hello AS BIGINT)::VARCHAR AS hello'),
    }),
  );
  const error = await expectFailure(async () => {
    const records = Array.from({ length: 1100 }, (_, id) => event(id, '2026-11-21 08:00:00'));
    await writeFiles(input, { 'names.20261121.08.json': lines(...records) });
    return runDayBuild(failing, { date: DAY, input, output, engine: 'duckdb' });
  });
  expect(error.code).toBe('ENGINE_FAILED');
  expect(error.what).toContain("Could not convert string 'ssm-seoul' to INT64");
});

const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;

(mayMount ? it : it.skip)('leaves the published day in place when the disk is full', async () => {
  await mkdir(output);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', output]);
  try {
    const error = await expectFailure(async () => {
      const records = Array.from({ length: 60_000 }, (_, id) => event(id, '2026-11-21 08:00:00'));
      await writeFiles(input, { 'names.20261121.08.json': records.join('\n') });
      return build();
    });
    expect(error).toMatchObject({ code: 'OUTPUT_FAILED', retry: true });
    expect(error.remedy).toContain('Free space');
  } finally {
    execFileSync('umount', [output]);
  }
});
