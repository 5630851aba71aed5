import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runDayBuild } from '../../engines/build-day';
import { readCurrent, type DayOutput } from '../../engines/versions/day-output';
import { withOutput } from '../../engines/versions/open-output';
import { DAY, loadExample } from './scratch';

/**
 * Kills builds of a published day, whose input changes before each build, at random points. Expects one whole day after
 * each kill, and nothing left over after a last build.
 *
 * @param input location of the files. A build of it is published at the location `output`.
 */
export async function expectWholeDayThrough(kills: number, input: string, output: string): Promise<void> {
  // Each child begins with the same files. So the first of them may already publish what all of them do.
  const seen = new Set([await expectWholeDay(output)]);
  for (let kill = 0; kill < kills; kill += 1) {
    const child = spawn(process.execPath, ['--import', 'tsx', 'tests/engines/endless-builds.ts', input, output], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Jest's tests have an environment of their own.
      env: { ...process.env },
    });
    const ended = once(child, 'exit');
    // It reports that it begins, then each build. Every other child publishes at least once.
    for (let reports = 0; reports <= kill % 2; reports += 1) {
      await Promise.race([once(child.stdout, 'data'), ended]);
      expect(child.exitCode).toBeNull();
    }
    await sleep(Math.random() * 400);
    child.kill('SIGKILL');
    await ended;
    seen.add(await expectWholeDay(output));
  }
  // Otherwise nothing was published between kills, and they proved nothing.
  expect(seen.size).toBeGreaterThan(1);
  await runDayBuild(await loadExample('events'), { date: DAY, input, output, engine: 'duckdb', force: true });
  expect(await withOutput({ location: output }, DAY, leftovers)).toEqual([]);
}

async function leftovers({ scratch }: DayOutput): Promise<string[]> {
  return (await readdir(scratch)).filter((name) => name.startsWith('.'));
}

function expectWholeDay(location: string): Promise<string> {
  return withOutput({ location }, DAY, async (output) => {
    const day = await readCurrent(output);
    if (day === undefined) throw new Error('the day is gone');
    expect(day.manifest.hours).toHaveLength(24);
    const folder = await mkdtemp(join(tmpdir(), 'daybreak-whole-'));
    for (const { file, sha256 } of day.manifest.hours) {
      const content = await readFile(await output.localFile(day.version, file, folder));
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
    await rm(folder, { recursive: true });
    return day.version;
  });
}
