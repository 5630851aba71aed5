import { mkdir, mkdtemp, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBusinessDate } from '../../../domain/business-date';
import { markServed, versionsFolder } from '../../../engines/versions/local/kept-versions';
import { localOutput } from '../../../engines/versions/local/local-output';
import { versionToRestore } from '../../../engines/versions/restorable-version';

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
    await markServed(path, { task: 'a task', isRestored: false });
    const at = new Date(Date.UTC(2026, 10, 22, 0, minute));
    await utimes(join(path, '.served'), at, at);
    await utimes(path, at, at);
  }
  await symlink(join('.versions', day.date, versions.at(-1) ?? ''), join(output, day.date));
}

const restorable = (wanted: string): Promise<string> =>
  versionToRestore(localOutput(output, day.date), day.pipeline, wanted);

it('finds a version by its name, and the one that was served before', async () => {
  await given('one', 'two', 'three');
  expect(await restorable('one')).toBe('one');
  expect(await restorable('previous')).toBe('two');
});

it('refuses a name that is not kept, lists those that are, and gives a command that brings another one back', async () => {
  await given('one', 'two');
  await expect(restorable('foo')).rejects.toMatchObject({
    code: 'NOT_BUILT',
    what: `${output} keeps no version 'foo' of 2026-11-21`,
    remedy:
      'These are kept, as many as retention.outputs says: two (served by Druid) (built last), one. ' +
      'Name one: npx daybreak batch restore --pipeline events --date 2026-11-21 --version one',
  });
});

it('says where there is no other version to bring back, or none at all', async () => {
  await expect(restorable('previous')).rejects.toMatchObject({
    code: 'NOT_BUILT',
    remedy: 'Recompute the day: npx daybreak batch run --pipeline events --date 2026-11-21',
  });
  await given('one');
  await expect(restorable('previous')).rejects.toMatchObject({
    code: 'NOT_BUILT',
    what: `${output} keeps no version of 2026-11-21 that Druid served before`,
    remedy: expect.stringMatching(/one \(served by Druid\).*There is no other to bring back\.$/) as string,
  });
});
