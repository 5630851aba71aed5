import { mkdir, mkdtemp, rm, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseBusinessDate } from '../../../../domain/business-date';
import {
  keptVersions,
  markServed,
  removeOldVersions,
  servedVersions,
  versionsFolder,
} from '../../../../engines/versions/local/kept-versions';

const date = parseBusinessDate('2026-11-21');
let output: string;

/**
 * `built`: versions in the order of their builds. `served`: those that were served, in the order in which they were.
 */
async function given(built: readonly string[], served: readonly string[]): Promise<void> {
  const folder = versionsFolder(output, date);
  for (const [minute, version] of built.entries()) {
    await mkdir(join(folder, version), { recursive: true });
    if (served.includes(version)) {
      await markServed(join(folder, version), { task: 'a task', isRestored: false });
      const at = new Date(Date.UTC(2026, 10, 23, 0, served.indexOf(version)));
      await utimes(join(folder, version, '.served'), at, at);
    }
    const at = new Date(Date.UTC(2026, 10, 22, 0, minute));
    await utimes(join(folder, version), at, at);
  }
  await symlink(join('.versions', date, built.at(-1) ?? ''), join(output, date));
}

beforeEach(async () => {
  output = await mkdtemp(join(tmpdir(), 'daybreak-versions-'));
});
afterEach(() => rm(output, { recursive: true, force: true }));

it('lists versions by when they were built, and by when Druid served them', async () => {
  await given(['first', 'refused', 'second'], ['second', 'first']);
  expect(await keptVersions(output, date)).toEqual(['second', 'refused', 'first']);
  expect(await servedVersions(output, date)).toEqual(['first', 'second']);
});

it('keeps what Druid has served, however many builds were refused since', async () => {
  await given(['oldest', 'older', 'served', 'refused 1', 'refused 2', 'refused 3'], ['oldest', 'older', 'served']);
  await removeOldVersions(output, date, 2);
  expect(await keptVersions(output, date)).toEqual(['refused 3', 'refused 2', 'served', 'older']);
});

it('keeps the current version, also where it is an old one', async () => {
  await given(['old', 'new', 'newest'], []);
  await rm(join(output, date));
  await symlink(join('.versions', date, 'old'), join(output, date));
  await removeOldVersions(output, date, 1);
  expect(await keptVersions(output, date)).toEqual(['newest', 'old']);
});
