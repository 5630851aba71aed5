import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MANIFEST_FILE, readCurrent, STATE_FILE, type DayOutput } from '../../../engines/versions/day-output';
import { QUARANTINE_FILE } from '../../../engines/versions/quarantine';
import { until } from '../../integration/support/until';
import { scratchFolder } from '../scratch';

/** What every place of output has in common: one suite, run against each of them. `open` gives a new, empty one. */
export function dayOutputSuite(open: () => Promise<DayOutput>): void {
  const scratch = scratchFolder();
  let output: DayOutput;
  beforeEach(async () => {
    output = await open();
  });

  /** A built folder with one hour of rows; its id. */
  async function build(rows: string, without: readonly string[] = []): Promise<{ built: string; id: string }> {
    const built = await output.begin();
    const bytes = Buffer.byteLength(rows);
    const hours = ['00', '01'].map((hour) => ({ hour, file: `${hour}.ndjson`, bytes, written: 1 }));
    const manifest = { date: output.date, hours, inputs: [], quarantine: { file: QUARANTINE_FILE, records: 1 } };
    const text = JSON.stringify(manifest);
    for (const { file } of hours) if (!without.includes(file)) await writeFile(join(built, file), rows);
    await writeFile(join(built, QUARANTINE_FILE), 'first\nsecond\n');
    await writeFile(join(built, STATE_FILE), 'state');
    await writeFile(join(built, MANIFEST_FILE), text);
    return { built, id: createHash('sha256').update(`${text}${rows}`).digest('hex').slice(0, 16) };
  }
  async function publish(rows: string, keep = 3): Promise<string> {
    const since = await output.currentVersion();
    const { built, id } = await build(rows);
    expect(await output.publish({ built, id, since, keep })).toBe(true);
    return (await output.currentVersion()) ?? '';
  }
  async function rowsOf(version: string, file = '00.ndjson'): Promise<string> {
    const folder = join(scratch, version);
    await mkdir(folder, { recursive: true });
    return readFile(await output.localFile(version, file, folder), 'utf8');
  }

  it('has nothing before the first build', async () => {
    expect(await output.currentVersion()).toBeUndefined();
    expect(await readCurrent(output)).toBeUndefined();
    expect(await output.keptVersions()).toEqual([]);
    expect(await output.servedVersions()).toEqual([]);
    expect(await output.lastServed()).toBeUndefined();
    expect(await output.builtAt('0123456789abcdef')).toBeUndefined();
    expect(await output.read('0123456789abcdef')).toBeUndefined();
  });

  it('gives back a published version: its rows, its state and a part of its quarantine', async () => {
    const version = await publish('one');
    const day = await readCurrent(output);
    expect(day).toMatchObject({ version, manifest: { hours: [{ file: '00.ndjson' }, { file: '01.ndjson' }] } });
    expect(day?.folder.startsWith(output.place)).toBe(true);
    expect(await rowsOf(version)).toBe('one');
    const part: Buffer[] = [];
    for await (const chunk of output.readPart(version, QUARANTINE_FILE, { start: 6, end: 11 })) part.push(chunk);
    expect(Buffer.concat(part).toString()).toBe('second');
    expect(await output.readState(version)).toBe('state');
    await output.writeState(version, 'another');
    expect(await output.readState(version)).toBe('another');
    expect(await output.isWhole(day ?? fail())).toBe(true);
  });

  it('takes the files of unchanged hours over from the previous version', async () => {
    const first = await publish('one');
    const { built, id } = await build('two', ['01.ndjson']);
    const takenOver = { from: first, files: ['01.ndjson'] };
    expect(await output.publish({ built, id, since: first, keep: 1, takenOver })).toBe(true);
    expect([await rowsOf(id), await rowsOf(id, '01.ndjson')]).toEqual(['two', 'one']);
    expect(await output.keptVersions()).toEqual([id]);
    expect(await output.read(first)).toBeUndefined();
  });

  it('of two builds that began together publishes one, and the other notices', async () => {
    const since = await publish('one');
    const builds = [await build('two'), await build('three')];
    const done = await Promise.all(builds.map((one) => output.publish({ ...one, since, keep: 3 })));
    expect([...done].sort()).toEqual([false, true]);
    expect(await output.currentVersion()).toBe(builds[done.indexOf(true)]?.id);
  });

  it('lets two builds of the same content publish it twice', async () => {
    const since = await publish('one');
    const builds = [await build('two'), await build('two')];
    const done = await Promise.all(builds.map((one) => output.publish({ ...one, since, keep: 3 })));
    expect(done).toEqual([true, true]);
    expect(await rowsOf(builds[0]?.id ?? '')).toBe('two');
  });

  it('keeps the latest versions, and as many that Druid has served', async () => {
    const versions: string[] = [];
    for (const rows of ['one', 'two', 'three', 'four', 'five']) {
      const version = await publish(rows, 2);
      versions.push(version);
      if (rows === 'one' || rows === 'two') await output.markServed(version, { task: 'a task', isRestored: false });
    }
    const [first = '', second = '', third = '', fourth = '', fifth = ''] = versions;
    expect(await output.keptVersions()).toEqual([fifth, fourth, second, first]);
    expect(await output.servedVersions()).toEqual([second, first]);
    expect(await output.read(third)).toBeUndefined();
    expect(await rowsOf(first)).toBe('one');
  });

  it('knows when Druid served a version last, and whether an operator restored it', async () => {
    const [first, second] = [await publish('one'), await publish('two')];
    const began = Date.now();
    for (const [version, isRestored] of [
      [second, false],
      [first, true],
      [second, false],
    ] as const) {
      await output.markServed(version, { task: 'a task', isRestored });
      const { at, ...served } = (await output.lastServed()) ?? fail();
      expect(served).toEqual({ version, isRestored });
      expect(Math.abs(at - began)).toBeLessThan(60_000);
      // Two marks at one time have no order, and file systems keep time in steps of some milliseconds.
      await until('a later time', () => Date.now() > at + 20);
    }
  });

  it('publishes a content again whose version was removed', async () => {
    const first = await publish('one', 1);
    const second = await publish('two', 1);
    expect(await output.read(first)).toBeUndefined();
    const again = await publish('one', 1);
    expect(await rowsOf(again)).toBe('one');
    expect(await output.read(second)).toBeUndefined();
  });

  it('restores a kept version, and no other', async () => {
    const first = await publish('one');
    const second = await publish('two');
    const before = await output.builtAt(first);
    await output.republish(first);
    expect(await output.currentVersion()).toBe(first);
    expect(await output.keptVersions()).toEqual([first, second]);
    expect(await output.builtAt(first)).toBeGreaterThan(before ?? Infinity);
    await expect(output.republish('0123456789abcdef')).rejects.toMatchObject({ code: 'NOT_BUILT' });
    await expect(output.republish('../..')).rejects.toMatchObject({ code: 'NOT_BUILT' });
    expect(await output.currentVersion()).toBe(first);
  });

  it('records that a build found nothing to change', async () => {
    const version = await publish('one');
    const before = (await output.builtAt(version)) ?? Infinity;
    await output.confirm(version);
    expect(await output.builtAt(version)).toBeGreaterThanOrEqual(before);
    expect(await output.currentVersion()).toBe(version);
  });

  it('finds a version by its address alone', async () => {
    const version = await publish('one');
    const { folder } = (await readCurrent(output)) ?? fail();
    expect(await output.versionAt(folder)).toMatchObject({ version, folder });
    const missing = folder.replace(version, '0123456789abcdef');
    await expect(output.versionAt(missing)).rejects.toMatchObject({ code: 'NOT_BUILT' });
    const foreign = [
      '',
      '/',
      version,
      `/elsewhere/${version}`,
      `${folder}/..`,
      folder.replace(output.date, '2026-11-20'),
    ];
    for (const address of foreign) {
      await expect(output.versionAt(address)).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
    }
  });

  it('says of a version that lost a file, or has one of another size, that it is not whole', async () => {
    const day = await output.publish({ ...(await build('one', ['01.ndjson'])), since: undefined, keep: 3 });
    expect(day).toBe(true);
    expect(await output.isWhole((await readCurrent(output)) ?? fail())).toBe(false);
  });
}

function fail(): never {
  throw new Error('nothing is published');
}
