import { randomUUID } from 'node:crypto';
import { readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { locationOf, openStorage, type Storage } from '../../../../clients/storage';
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

describe('what killed builds leave', () => {
  let output: DayOutput;
  beforeEach(async () => {
    output = await open();
  });
  const manifest = JSON.stringify({ hours: [], inputs: [] });

  async function publish(id: string): Promise<boolean> {
    const built = await output.begin();
    for (const name of ['_manifest.json', '.build-state.json']) await writeFile(join(built, name), manifest);
    return output.publish({ built, id, since: await output.currentVersion(), keep: 3 });
  }
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
    expect(await publish('aaaaaaaaaaaaaaaa')).toBe(true);
    expect(await keys()).toContain(fresh);
    expect(await keys()).not.toContain(old);
  });

  it('has its removal finished by the next build', async () => {
    await publish('aaaaaaaaaaaaaaaa');
    const record = join(folder, DAY, '_current.json');
    const removed = { version: '3333333333333333', removedAt: new Date().toISOString() };
    const left = `.versions/${DAY}/${removed.version}/00.ndjson`;
    await storage.write(left, Buffer.from('rows'));
    const before = JSON.parse(await readFile(record, 'utf8')) as object;
    await writeFile(record, JSON.stringify({ ...before, removed: [removed] }));
    // Nobody publishes under a name whose files are being removed.
    expect(await publish(removed.version)).toBe(true);
    expect(await output.currentVersion()).not.toBe(removed.version);
    expect(await keys()).not.toContain(left);
  });
});

it('refuses a record that Daybreak did not write, and leaves it', async () => {
  const output = await open();
  await storage.write(`${DAY}/_current.json`, Buffer.from('{"version": "../../elsewhere"}'));
  await expect(output.currentVersion()).rejects.toMatchObject({ code: 'OUTPUT_FAILED' });
});
