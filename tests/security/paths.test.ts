import { execFileSync } from 'node:child_process';
import { cp, link, lstat, mkdir, readdir, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { readBuiltDay } from '../../activities/batch/built-day';
import { DaybreakError } from '../../domain/errors';
import { runDayBuild } from '../../engines/build-day';
import { surveyDay } from '../../engines/versions/late-data-scan';
import { openDatabase } from '../../engines/duckdb/database';
import { loadPipeline } from '../../engines/load-pipeline';
import { unchangedDay } from '../../engines/versions/previous-build';
import { localOutput } from '../../engines/versions/local/local-output';
import {
  DAY,
  event,
  lines,
  loadExample,
  pipelineLike,
  publishedIn,
  rowsOf,
  scratchFolder,
  writeFiles,
} from '../engines/scratch';

const root = scratchFolder();
const SECRET = 'a line of a file that is none of the pipeline’s';
/** Files and folders that must never be read, linked or written to. */
const outside = join(root, 'outside');

async function refusal(work: () => Promise<unknown>): Promise<DaybreakError> {
  const thrown: unknown = await work().catch((reason: unknown) => reason);
  if (!(thrown instanceof DaybreakError)) throw new Error(`not refused: ${String(thrown)}`);
  expect(thrown.message).not.toContain(SECRET);
  return thrown;
}

beforeEach(async () => {
  await rm(outside, { recursive: true, force: true });
  await writeFiles(outside, { secret: `${SECRET}\n` });
});
afterEach(async () => {
  expect(await readdir(outside)).toEqual(['secret']);
});

describe('a pipeline folder', () => {
  const yaml = (from: string, to: string) => ({ 'pipeline.yaml': (text: string) => text.replace(from, to) });

  it.each([
    '../../../../../../etc/passwd',
    '/etc/passwd',
    '../outside/secret',
    './../outside/secret',
    'x/../../outside/secret',
    '..',
    '.',
    'http://127.0.0.1:1/names.ndjson',
    's3://bucket/names.ndjson',
    '*.ndjson',
  ])('has no table of the file %j', async (file) => {
    const folder = await pipelineLike('events', root, yaml('file: names.ndjson', `file: '${file}'`));
    expect((await refusal(() => loadPipeline(folder))).code).toBe('BAD_TABLE');
  });

  it('has no table whose file name has a NUL', async () => {
    const folder = await pipelineLike('events', root, yaml('file: names.ndjson', 'file: "names.ndjson\\0"'));
    expect((await refusal(() => loadPipeline(folder))).code).toBe('BAD_TABLE');
  });

  it.each([
    ['names.ndjson', 'BAD_TABLE'],
    ['transform.sql', 'BAD_PIPELINE'],
    ['pipeline.yaml', 'BAD_PIPELINE'],
  ])('has no %s that is a link to another place, a pipe or a folder', async (name, code) => {
    for (const make of [
      (path: string) => symlink(join(outside, 'secret'), path),
      (path: string) => symlink(join('..', 'outside', 'secret'), path),
      (path: string) => symlink('/dev/zero', path),
      (path: string) => symlink(path, path),
      (path: string) => Promise.resolve(execFileSync('mkfifo', [path])),
      (path: string) => mkdir(path),
    ]) {
      const folder = await pipelineLike('events', root);
      await rm(join(folder, name));
      await make(join(folder, name));
      expect((await refusal(() => loadPipeline(folder))).code).toBe(code);
    }
  });

  it('has no table below a folder that is a link to another place', async () => {
    const folder = await pipelineLike('events', root, yaml('file: names.ndjson', 'file: tables/secret'));
    await symlink(outside, join(folder, 'tables'));
    expect((await refusal(() => loadPipeline(folder))).code).toBe('BAD_TABLE');
  });

  it('does not open a table that became a link after the pipeline was checked', async () => {
    const folder = await pipelineLike('events', root);
    const { pipeline, tables } = await loadPipeline(folder);
    await rm(join(folder, 'names.ndjson'));
    await symlink(join(outside, 'secret'), join(folder, 'names.ndjson'));
    expect((await refusal(() => openDatabase(pipeline, tables))).code).toBe('BAD_TABLE');
  });

  it('may be mounted as Kubernetes mounts one: its files are links within it', async () => {
    const folder = await pipelineLike('events', root);
    const names = await readdir(folder);
    await mkdir(join(folder, '..2026'));
    await symlink('..2026', join(folder, '..data'));
    for (const name of names) {
      await cp(join(folder, name), join(folder, '..2026', name));
      await rm(join(folder, name));
      await symlink(join('..data', name), join(folder, name));
    }
    expect((await loadPipeline(folder)).outputColumns).toHaveLength(5);
  });

  it.each([
    ['kafka.topic', 'topic: events\n', 'topic: ..\n'],
    ['kafka.topic', 'topic: events\n', 'topic: a/b\n'],
    ['kafka.outputTopic', 'outputTopic: events_names', 'outputTopic: events'],
    ['kafka.deadLetterTopic', 'topic: events\n', 'topic: events\n  deadLetterTopic: events\n'],
    ['druid.datasource', 'datasource: events_names', 'datasource: ../events'],
    ['druid.datasource', 'datasource: events_names', "datasource: 'a%2fb'"],
    ['druid.datasource', 'datasource: events_names', "datasource: 'a\" OR 1=1 --'"],
    ['name', 'name: events', 'name: ../events'],
    ['files.pattern', 'names.%Y%m%d.%H*.json', '../names.%Y%m%d.%H*.json'],
    ['files.pattern', 'names.%Y%m%d.%H*.json', '/names.%Y%m%d.%H.json'],
    ['tables', '  names:\n', "  '../names':\n"],
    ['tables.constructor', '  names:\n', '  constructor:\n'],
    ['tables.toString', '  names:\n', '  toString:\n'],
    ['tables.hasOwnProperty', '  names:\n', '  hasOwnProperty:\n'],
    ['__proto__', '  names:\n', '  __proto__:\n'],
    ['__proto__', '    hello: VARCHAR', '    __proto__: VARCHAR\n    hello: VARCHAR'],
    ['__proto__', '      uid: BIGINT', '      uid: BIGINT\n      "__proto__": BIGINT'],
    ['__proto__', 'name: events\n', 'name: events\n? "__pro\\x74o__"\n: { name: x }\n'],
    ['__proto__', 'name: events\n', 'name: events\n__proto__: null\n'],
    ['__proto__', 'timeZone: Asia/Seoul\n', 'timeZone: Asia/Seoul\nx: &a __proto__\n*a : {}\n'],
    ['__proto__', 'gate:\n', 'gate:\n  __proto__: { settleSeconds: 0 }\n'],
    ['events.columns', '    hello: VARCHAR', "    'hello\" FROM x': VARCHAR"],
    ['events.identity', '  columns:\n    hello', '  identity: [constructor]\n  columns:\n    hello'],
  ])('has no hostile %s: %j as %j', async (setting, from, to) => {
    const folder = await pipelineLike('events', root, {
      'pipeline.yaml': (text) => {
        if (!text.includes(from)) throw new Error(`the example has no ${from}`);
        return text.replace(from, to);
      },
    });
    const error = await refusal(() => loadPipeline(folder));
    expect(error.code).toBe('BAD_PIPELINE');
    expect(error.what).toContain(setting);
  });

  it('has no YAML that unfolds to more than a memory holds', async () => {
    const bomb = Array.from({ length: 20 }, (_, level) =>
      level === 0 ? 'a0: &a0 [x, x]' : `a${level}: &a${level} [${`*a${level - 1}, `.repeat(9)}*a${level - 1}]`,
    );
    const folder = await pipelineLike('events', root, { 'pipeline.yaml': `${bomb.join('\n')}\n` });
    expect((await refusal(() => loadPipeline(folder))).code).toBe('BAD_PIPELINE');
  });
});

describe('an input folder', () => {
  const input = join(root, 'input');
  const output = join(root, 'output');
  const file = join(input, 'names.20261121.08.json');
  const build = async () => runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb' });

  beforeEach(async () => {
    for (const folder of [input, output]) await rm(folder, { recursive: true, force: true });
    await writeFiles(input, { 'names.20261121.07.json': lines(event(1)) });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a file outside', () => symlink(join(outside, 'secret'), file)],
    ['a file outside, by a relative path', () => symlink('../outside/secret', file)],
    [
      'a file outside, through a link within',
      async () => {
        await symlink(outside, join(input, 'elsewhere'));
        await symlink('elsewhere/secret', file);
      },
    ],
    ['a device', () => symlink('/dev/zero', file)],
    ['nowhere', () => symlink('nowhere', file)],
    ['itself', () => symlink(file, file)],
  ])('publishes nothing where a file is a link to %s', async (_, make) => {
    await make();
    const error = await refusal(build);
    expect(error).toMatchObject({ code: 'UNREADABLE_INPUT', what: expect.stringContaining(file) as string });
    expect(await lstat(join(output, DAY)).catch(() => 'nothing')).toBe('nothing');
    const loaded = await loadExample('events');
    expect((await refusal(() => unchangedDayAt(loaded))).code).toBe('UNREADABLE_INPUT');
  });

  /** As `batch build` first checks whether there is anything to do. */
  async function unchangedDayAt(loaded: Awaited<ReturnType<typeof loadExample>>): Promise<unknown> {
    const elsewhere = join(root, 'published');
    await rm(elsewhere, { recursive: true, force: true });
    const clean = join(root, 'clean');
    await writeFiles(clean, { 'names.20261121.07.json': lines(event(1)) });
    await runDayBuild(loaded, { date: DAY, input: clean, output: elsewhere, engine: 'duckdb' });
    return unchangedDay(loaded, { date: DAY, input, output: elsewhere, engine: 'duckdb' });
  }

  it('lets no hour wait for a pipe, a socket or a folder with the name of a file', async () => {
    execFileSync('mkfifo', [file]);
    await mkdir(join(input, 'names.20261121.09.json'));
    await build();
    expect(await rowsOf(output, DAY)).toHaveLength(1);
  });

  it('is no way to the file of another day or of another folder by its name', async () => {
    await writeFiles(input, { 'names.20261121.08/../../outside.json': lines(event(2)) });
    await build();
    expect(await rowsOf(output, DAY)).toHaveLength(1);
    await rm(join(root, 'outside.json'));
  });

  it('is told of in the watch for late data too', async () => {
    await mkdir(join(root, 'watched'));
    await symlink(input, join(root, 'watched', 'input'));
    await symlink(join(outside, 'secret'), file);
    const loaded = await loadExample('events');
    expect((await refusal(() => surveyDay(loaded, join(root, 'watched'), DAY))).code).toBe('UNREADABLE_INPUT');
  });
});

describe('an output folder', () => {
  const input = join(root, 'input');
  const output = join(root, 'output');
  const build = async () => runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb' });

  beforeEach(async () => {
    for (const folder of [input, output]) await rm(folder, { recursive: true, force: true });
    await writeFiles(input, { 'names.20261121.07.json': lines(event(1)) });
    await mkdir(output);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['the day is a link to another place', () => symlink(outside, join(output, DAY))],
    ['the day is a relative link to another place', () => symlink('../outside', join(output, DAY))],
    [
      'the day is a link to another day',
      async () => {
        await mkdir(join(output, '.versions', '2026-11-20', '0123456789abcdef'), { recursive: true });
        await symlink('.versions/2026-11-20/0123456789abcdef', join(output, DAY));
      },
    ],
    ['the versions are a link to another place', () => symlink(outside, join(output, '.versions'))],
    [
      'the day’s versions are a link to another place',
      async () => {
        await mkdir(join(output, '.versions'));
        await symlink(outside, join(output, '.versions', DAY));
      },
    ],
    ['the versions are a link to nowhere', () => symlink(join(outside, 'new'), join(output, '.versions'))],
  ])('gets no build where %s', async (_, make) => {
    await make();
    expect((await refusal(build)).code).toBe('OUTPUT_FAILED');
  });

  it('gives no day whose version lies outside, with a manifest that somebody wrote', async () => {
    await build();
    const version = await realpath(join(output, DAY));
    const planted = join(root, 'planted');
    await rm(planted, { recursive: true, force: true });
    await cp(version, planted, { recursive: true });
    await rm(join(output, DAY));
    await symlink(planted, join(output, DAY));
    expect((await refusal(() => publishedIn(output))).code).toBe('OUTPUT_FAILED');
    expect((await refusal(() => readBuiltDay(localOutput(output, DAY), 'events'))).code).toBe('OUTPUT_FAILED');
    expect((await refusal(build)).code).toBe('OUTPUT_FAILED');
  });

  it.each(['../../../outside/secret', '/etc/passwd', '_manifest.json', '07.ndjson/../../x', ''])(
    'links no file into a version because a manifest names it: %j',
    async (file) => {
      await build();
      const version = await realpath(join(output, DAY));
      const manifest = await readFile(join(version, '_manifest.json'), 'utf8');
      await writeFile(join(version, '_manifest.json'), manifest.replace('"03.ndjson"', JSON.stringify(file)));
      expect(await publishedIn(output)).toBeUndefined();
      await writeFiles(input, { 'names.20261121.08.json': lines(event(2, '2026-11-21 08:00:00')) });
      const { hours } = await build();
      expect(hours.map((hour) => hour.file)).not.toContain(file);
      expect(await rowsOf(output, DAY)).toHaveLength(2);
    },
  );

  it('has no version published that is none', async () => {
    await build();
    const version = await realpath(join(output, DAY));
    await symlink(outside, join(dirname(version), 'fedcba9876543210'));
    for (const id of ['../../../outside', 'fedcba9876543210', '..', '.', '', '/etc']) {
      expect((await refusal(() => localOutput(output, DAY).republish(id))).code).toBe('NOT_BUILT');
      expect(await realpath(join(output, DAY))).toBe(version);
    }
  });

  it('is written to only within itself: a file that is linked into the day keeps its content', async () => {
    await build();
    const version = await realpath(join(output, DAY));
    await rm(join(version, '07.ndjson'));
    await link(join(outside, 'secret'), join(version, '07.ndjson'));
    await build();
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe(`${SECRET}\n`);
    expect(await rowsOf(output, DAY)).toHaveLength(1);
  });

  it('may be reached through a link itself', async () => {
    await rm(output, { recursive: true });
    await mkdir(join(root, 'disk'));
    await symlink(join(root, 'disk'), output);
    await build();
    await build();
    expect(await rowsOf(output, DAY)).toHaveLength(1);
  });
});
