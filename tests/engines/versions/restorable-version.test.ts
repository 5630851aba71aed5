import { mkdir, mkdtemp, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBusinessDate } from '../../../domain/business-date';
import { markServed, versionsFolder } from '../../../engines/versions/kept-versions';
import { hasVersions, versionToRestore } from '../../../engines/versions/restorable-version';

const day = { pipeline: 'events', date: parseBusinessDate('2026-11-21') };
let output: string;

beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'daybreak-restorable-'));
});
afterEach(() => rm(output, { recursive: true, force: true }));

/** Versions in the order of their builds. All were served; Druid serves the last one now. */
async function given(...versions: string[]): Promise<void> {
  const folder = versionsFolder(output, day.date);
  for (const [minute, version] of versions.entries()) {
    const path = join(folder, version);
    await mkdir(path, { recursive: true });
    await markServed(path, 'a task');
    const at = new Date(Date.UTC(2026, 10, 22, 0, minute));
    await utimes(join(path, '.served'), at, at);
    await utimes(path, at, at);
  }
  await symlink(join('.versions', day.date, versions.at(-1) ?? ''), join(output, day.date));
}

it('finds a version by its name, and the one that was served before', async () => {
  await given('one', 'two', 'three');
  expect(await versionToRestore(output, day, 'one')).toBe('one');
  expect(await versionToRestore(output, day, 'previous')).toBe('two');
});

it('refuses a name that is not kept, lists those that are, and gives a command that brings another one back', async () => {
  await given('one', 'two');
  await expect(versionToRestore(output, day, 'foo')).rejects.toMatchObject({
    code: 'NOT_BUILT',
    what: `${output} keeps no version 'foo' of 2026-11-21`,
    remedy:
      'These are kept, as many as retention.outputs says: two (served by Druid) (built last), one. ' +
      'Name one: npx daybreak batch restore --pipeline events --date 2026-11-21 --version one',
  });
});

it('says where there is no other version to bring back, or none at all', async () => {
  expect(await hasVersions(output, day)).toBe(false);
  await expect(versionToRestore(output, day, 'previous')).rejects.toMatchObject({
    code: 'NOT_BUILT',
    remedy: 'Recompute the day: npx daybreak batch run --pipeline events --date 2026-11-21',
  });
  await given('one');
  expect(await hasVersions(output, day)).toBe(true);
  await expect(versionToRestore(output, day, 'previous')).rejects.toMatchObject({
    code: 'NOT_BUILT',
    what: `${output} keeps no version of 2026-11-21 that Druid served before`,
    remedy: expect.stringMatching(/one \(served by Druid\).*There is no other to bring back\.$/) as string,
  });
});
