import { appendFile, cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LivePipeline } from '../../../activities/speed/live-pipeline';
import { scratchFolder } from '../../engines/scratch';
import { until } from '../../integration/support/until';

const root = scratchFolder();
let pipelines: string;
let data: string;
let folder: string;
let live: LivePipeline | undefined;

beforeEach(async () => {
  now = new Date();
  pipelines = join(root, 'pipelines');
  data = join(root, 'data');
  folder = join(pipelines, 'events');
  await mkdir(pipelines, { recursive: true });
  await cp('pipelines/events', folder, { recursive: true });
});
afterEach(async () => {
  await live?.close();
  await rm(pipelines, { recursive: true });
  await rm(data, { recursive: true, force: true });
});

const logger = { debug: () => undefined, info: () => undefined, warn: () => undefined };
let now: Date;
const open = async (): Promise<LivePipeline> =>
  (live = await LivePipeline.open({ pipelines, data, logger, now: () => now }, 'events'));
const edit = async (file: string, from: string, to: string): Promise<void> => {
  const text = await readFile(join(folder, file), 'utf8');
  expect(text).toContain(from);
  await writeFile(join(folder, file), text.replace(from, to));
};
const event = (id: number): Buffer => Buffer.from(`{"hello":"h","id":${id},"time":"2026-11-21 12:00:00"}`);
/** The row of event 2. */
const rowOf = async (pipeline: LivePipeline): Promise<unknown> => {
  const { messages } = await pipeline.run([event(2)]);
  return JSON.parse(messages[0]?.value ?? 'null');
};
const versionOtherThan = (of: LivePipeline, version: string): Promise<true> =>
  until('another version', () => of.version !== version);

it('takes an edited transform, settings that shape rows, and tables, each with a version of its own', async () => {
  const running = await open();
  const versions = [running.version];
  const takes = async (): Promise<void> => {
    await versionOtherThan(running, versions.at(-1) ?? '');
    versions.push(running.version);
  };
  expect(await rowOf(running)).toMatchObject({ user_name: 'Grace', hello: 'h' });
  await edit('transform.sql', 'e.hello', "e.hello || '!' AS hello");
  await takes();
  expect(await rowOf(running)).toMatchObject({ user_name: 'Grace', hello: 'h!' });
  await edit('names.ndjson', 'Grace', 'Grace Hopper');
  await takes();
  expect(await rowOf(running)).toMatchObject({ user_name: 'Grace Hopper', hello: 'h!' });
  await edit('pipeline.yaml', 'id: BIGINT', 'id: BIGINT\n    size: BIGINT');
  await takes();
  const { rejects } = await running.run([Buffer.from('{"id":2,"size":"L","time":"2026-11-21 12:00:00"}')]);
  expect(rejects).toEqual([{ index: 0, reason: expect.stringContaining('size') as string }]);
  expect(new Set(versions).size).toBe(4);
  expect(running.setupChanged.aborted).toBe(false);
});

it('keeps what it runs while the edited one does not pass, says why, and takes the corrected one', async () => {
  const running = await open();
  const { version } = running;
  await edit('transform.sql', 'e.hello', 'e.helo');
  await until('the reason', () => running.kept !== undefined);
  expect(running.kept).toMatch(/^BAD_TRANSFORM: .*events.transform\.sql/);
  expect(running.version).toBe(version);
  expect(await rowOf(running)).toMatchObject({ hello: 'h' });
  await edit('transform.sql', 'e.helo', 'upper(e.hello) AS hello');
  await versionOtherThan(running, version);
  expect(running.kept).toBeUndefined();
  expect(await rowOf(running)).toMatchObject({ hello: 'H' });
});

it('says nothing any more once the edit was taken back', async () => {
  const running = await open();
  const { version } = running;
  await edit('transform.sql', 'e.hello', 'e.helo');
  await until('the reason', () => running.kept !== undefined);
  await edit('transform.sql', 'e.helo', 'e.hello');
  await until('no reason', () => running.kept === undefined);
  expect(running.version).toBe(version);
});

it.each<[string, () => Promise<void>, RegExp]>([
  ['its table is gone', () => rm(join(folder, 'names.ndjson')), /^BAD_TABLE/],
  [
    'its settings are half written',
    () => writeFile(join(folder, 'pipeline.yaml'), 'name: events\nkafka: ['),
    /^BAD_PIPELINE/,
  ],
  ['its folder is gone', () => rm(folder, { recursive: true }), /^UNKNOWN_PIPELINE/],
])('runs on, also after a restart, when %s', async (_, damage, reason) => {
  const first = await open();
  await damage();
  await until('the reason', () => first.kept !== undefined);
  await first.close();
  const again = await open();
  expect(again.kept).toMatch(reason);
  expect(again.version).toBe(first.version);
  expect(await rowOf(again)).toMatchObject({ user_name: 'Grace', hello: 'h' });
});

it('fails at the start where nothing has passed yet', async () => {
  await edit('transform.sql', 'e.hello', 'e.helo');
  await expect(open()).rejects.toMatchObject({ code: 'BAD_TRANSFORM' });
});

it('asks for another setup where output columns, topics or Druid’s settings change, and for none where only rows do', async () => {
  const running = await open();
  await edit('pipeline.yaml', "at: '00:30'", "at: '01:30'");
  await edit('pipeline.yaml', 'key: user_id', 'key: hello');
  await until('the key', () => running.pipeline.kafka.key === 'hello');
  expect(running.setupChanged.aborted).toBe(false);
  const { setup } = running;
  await edit('transform.sql', 'n.uid', 'n.uid, length(e.hello) AS letters');
  await until('another setup', () => running.setupChanged.aborted);
  expect(await rowOf(running)).not.toHaveProperty('letters');
  await running.close();
  expect((await open()).setup).not.toBe(setup);
});

it('keeps what it runs where the edit takes what another pipeline has', async () => {
  await cp('pipelines/rides', join(pipelines, 'rides'), { recursive: true });
  const running = await open();
  await edit('pipeline.yaml', 'datasource: events_names', 'datasource: rides');
  await until('the reason', () => running.kept !== undefined);
  expect(running.kept).toContain('druid.datasource is "rides"');
  expect(running.setupChanged.aborted).toBe(false);
});

it('waits until an edit in several steps is over', async () => {
  const running = await open();
  const { version } = running;
  const file = join(folder, 'transform.sql');
  const seen = new Set<string>();
  const watching = setInterval(() => seen.add(running.version), 5);
  // Each of the steps passes every check.
  for (let step = 0; step < 20; step++) {
    await appendFile(file, `${step === 0 ? 'WHERE' : 'AND'} e.id > ${step - 20}\n`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await versionOtherThan(running, version);
  clearInterval(watching);
  expect(seen.size).toBeLessThanOrEqual(2);
});

it('keeps the current copy and the one before, and no more', async () => {
  const running = await open();
  for (const name of ['a', 'b', 'c']) {
    const { version } = running;
    await edit('transform.sql', 'SELECT', `-- ${name}\nSELECT`);
    await versionOtherThan(running, version);
  }
  const kept = (await readdir(join(data, 'events', 'realtime'))).filter((name) => name !== 'current');
  expect(kept).toHaveLength(2);
});

describe('a table by date', () => {
  const named = (name: string): string => `{"uid":2,"name":"${name}"}\n`;
  const write = (date: string, name: string): Promise<void> =>
    writeFile(join(folder, `names.${date}.ndjson`), named(name));
  const name = async (pipeline: LivePipeline): Promise<unknown> =>
    ((await rowOf(pipeline)) as { user_name: unknown }).user_name;

  beforeEach(async () => {
    // 23:30 in Seoul, the pipeline's zone.
    now = new Date('2026-11-21T14:30:00Z');
    await edit('pipeline.yaml', 'file: names.ndjson', "file: 'names.%Y-%m-%d.ndjson'");
    await write('2026-11-20', 'old');
    await write('2026-11-22', 'of tomorrow');
  });

  it('is not taken from a version that is dated in the future, and is when its day begins', async () => {
    const running = await open();
    expect(await name(running)).toBe('old');
    const { version } = running;
    now = new Date('2026-11-21T15:00:00Z');
    await versionOtherThan(running, version);
    expect(await name(running)).toBe('of tomorrow');
  });

  it('is taken from a newer version as soon as it is there', async () => {
    const running = await open();
    const { version } = running;
    await write('2026-11-21', 'of today');
    await versionOtherThan(running, version);
    expect(await name(running)).toBe('of today');
  });

  it('stays at the version before while the newer one is wrong, also after a restart', async () => {
    const first = await open();
    await writeFile(join(folder, 'names.2026-11-21.ndjson'), '{"uid":');
    await until('the reason', () => first.kept !== undefined);
    expect(first.kept).toMatch(/^BAD_TABLE: .*events\/names\.2026-11-21\.ndjson: line 1/);
    await first.close();
    const again = await open();
    expect(again.kept).toMatch(/^BAD_TABLE/);
    expect(await name(again)).toBe('old');
  });

  it('is read from the copy when the folder is gone', async () => {
    const first = await open();
    await first.close();
    await rm(folder, { recursive: true });
    now = new Date('2026-12-24T00:00:00Z');
    const again = await open();
    expect(again.kept).toMatch(/^UNKNOWN_PIPELINE/);
    expect(await name(again)).toBe('old');
  });
});

it('runs the copy that an earlier release left, whose tables lie where the folder has them', async () => {
  const first = await open();
  const { version } = first;
  await first.close();
  const kept = join(data, 'events', 'realtime', await readFile(join(data, 'events', 'realtime', 'current'), 'utf8'));
  await rm(join(kept, 'events'), { recursive: true });
  await cp(folder, join(kept, 'events'), { recursive: true });
  await edit('transform.sql', 'e.hello', 'e.helo');
  const again = await open();
  expect(again.kept).toMatch(/^BAD_TRANSFORM/);
  expect(again.version).toBe(version);
  expect(await rowOf(again)).toMatchObject({ user_name: 'Grace' });
});
