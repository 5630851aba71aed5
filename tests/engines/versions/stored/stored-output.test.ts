import { randomUUID } from 'node:crypto';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { locationOf, openStorage, type Storage } from '../../../../clients/storage';
import { DaybreakError } from '../../../../domain/errors';
import type { DayOutput } from '../../../../engines/versions/day-output';
import { storedOutput } from '../../../../engines/versions/stored/stored-output';
import { DAY, scratchFolder } from '../../scratch';
import { dayOutputSuite } from '../day-output-suite';

const root = scratchFolder();
let folder: string;
let storage: Storage;

/** The storages have one interface, so that a folder stands for all: tests/integration/storage has the others. */
async function open(): Promise<DayOutput> {
  folder = join(root, randomUUID());
  storage = await openStorage(locationOf(folder));
  return storedOutput(storage, DAY, join(root, randomUUID()));
}

dayOutputSuite(open);

const SERVED = { task: 'a task', isRestored: false };
const MANIFEST = JSON.stringify({ hours: [], inputs: [] });

async function publish(output: DayOutput, id: string, signal?: AbortSignal): Promise<boolean> {
  const built = await output.begin();
  for (const name of ['_manifest.json', '.build-state.json']) await writeFile(join(built, name), MANIFEST);
  return output.publish({ built, id, since: await output.currentVersion(), keep: 3, signal });
}

it('takes what came last for the latest, also if the clock of the worker before was ahead', async () => {
  const output = await open();
  await publish(output, 'aaaaaaaaaaaaaaaa');
  await output.markServed('aaaaaaaaaaaaaaaa', SERVED);
  const record = join(folder, DAY, '_current.json');
  const ahead = new Date(Date.now() + 600_000).toISOString();
  const text = (await readFile(record, 'utf8')).replace(/"(builtAt|servedAt)": "[^"]+"/g, `"$1": "${ahead}"`);
  await writeFile(record, text);
  await publish(output, 'bbbbbbbbbbbbbbbb');
  await output.markServed('bbbbbbbbbbbbbbbb', SERVED);
  expect((await output.lastServed())?.version).toBe('bbbbbbbbbbbbbbbb');
});

describe('what killed builds leave', () => {
  let output: DayOutput;
  beforeEach(async () => {
    output = await open();
  });
  const keys = async (): Promise<string[]> => {
    const found: string[] = [];
    for await (const { key } of storage.list('.versions/')) found.push(key);
    return found.sort();
  };

  it('is removed by the next build once it is a day old, and not before', async () => {
    const [fresh, old] = ['1111111111111111', '2222222222222222'].map((id) => `.versions/${DAY}/${id}/00.ndjson`);
    for (const key of [fresh, old]) await storage.write(key ?? '', Buffer.from('rows'));
    const yesterday = new Date(Date.now() - 25 * 3_600_000);
    await utimes(join(folder, old ?? ''), yesterday, yesterday);
    expect(await publish(output, 'aaaaaaaaaaaaaaaa')).toBe(true);
    expect(await keys()).toContain(fresh);
    expect(await keys()).not.toContain(old);
  });

  it('has its removal finished by the next build', async () => {
    await publish(output, 'aaaaaaaaaaaaaaaa');
    const record = join(folder, DAY, '_current.json');
    const removed = { version: '3333333333333333', removedAt: new Date().toISOString() };
    const left = `.versions/${DAY}/${removed.version}/00.ndjson`;
    await storage.write(left, Buffer.from('rows'));
    const before = JSON.parse(await readFile(record, 'utf8')) as object;
    await writeFile(record, JSON.stringify({ ...before, removed: [removed] }));
    // Nobody publishes under a name whose files are being removed.
    expect(await publish(output, removed.version)).toBe(true);
    expect(await output.currentVersion()).not.toBe(removed.version);
    expect(await keys()).not.toContain(left);
  });
});

it('takes nothing for a version that has not the name of one', async () => {
  const output = await open();
  const foreign = ['.spark.log', 'backup/00.ndjson', '0123/_manifest.json'].map((name) => `.versions/${DAY}/${name}`);
  for (const key of foreign) await storage.write(key, Buffer.from('x'));
  const yesterday = new Date(Date.now() - 25 * 3_600_000);
  for (const key of foreign) await utimes(join(folder, key), yesterday, yesterday);
  for (const id of ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb']) expect(await publish(output, id)).toBe(true);
  expect(await output.currentVersion()).toBe('bbbbbbbbbbbbbbbb');
  for (const key of foreign) expect(await storage.find(key)).toBeDefined();
});

it('publishes nothing after it was cancelled', async () => {
  const output = await open();
  await publish(output, 'aaaaaaaaaaaaaaaa');
  const cancelled = new AbortController();
  const write = storage.write.bind(storage);
  storage.write = (...args) => {
    cancelled.abort(new Error('cancelled'));
    return write(...args);
  };
  await expect(publish(output, 'bbbbbbbbbbbbbbbb', cancelled.signal)).rejects.toThrow('cancelled');
  expect(await output.currentVersion()).toBe('aaaaaaaaaaaaaaaa');
});

it('has published the day although what is old cannot be removed', async () => {
  const output = await open();
  const removeUnfinished = storage.removeUnfinished.bind(storage);
  const refused = new DaybreakError('STORAGE_REFUSED', { what: 'no right', remedy: 'Give it.' });
  let calls = 0;
  // As after a right was taken away between the beginning and the end of a build.
  storage.removeUnfinished = (...args) => ((calls += 1) === 1 ? removeUnfinished(...args) : Promise.reject(refused));
  expect(await publish(output, 'aaaaaaaaaaaaaaaa')).toBe(true);
  await expect(publish(output, 'bbbbbbbbbbbbbbbb')).rejects.toBe(refused);
  expect(await output.currentVersion()).toBe('aaaaaaaaaaaaaaaa');
});

it('knows no version that lost against another, and marks none', async () => {
  const output = await open();
  const since = await output.currentVersion();
  await publish(output, 'aaaaaaaaaaaaaaaa');
  await storage.write(`.versions/${DAY}/cccccccccccccccc/_manifest.json`, Buffer.from(MANIFEST));
  expect(since).toBeUndefined();
  await expect(output.versionAt(join(folder, '.versions', DAY, 'cccccccccccccccc'))).rejects.toMatchObject({
    code: 'NOT_BUILT',
  });
  await expect(output.markServed('cccccccccccccccc', { task: 'a task', isRestored: false })).rejects.toMatchObject({
    code: 'NOT_BUILT',
  });
  await expect(output.confirm('cccccccccccccccc')).rejects.toMatchObject({ code: 'NOT_BUILT' });
});

it('refuses a record that Daybreak did not write, and leaves it', async () => {
  const output = await open();
  await storage.write(`${DAY}/_current.json`, Buffer.from('{"version": "../../elsewhere"}'));
  await expect(output.currentVersion()).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
});
