import { mkdir, readdir, rm } from 'node:fs/promises';
import { portsFrom } from '../../../domain/ports';
import { stopStack } from '../../../scripts/stack';
import { isFree } from '../../../scripts/stack/port-owner';
import { commandLine } from '../../../scripts/stack/processes';

/** One folder for each test run, named by the process id of its jest. */
const ROOT = '.daybreak/test-stacks';

export async function ownFolder(): Promise<string> {
  const folder = `${ROOT}/${process.pid}`;
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Stops and clears the stacks of test runs that were killed. */
export async function clearLeftovers(): Promise<void> {
  const runs = await readdir(ROOT).catch(() => []);
  for (const run of runs.filter((name) => /^\d+$/.test(name))) {
    if ((await commandLine(Number(run)))?.includes('jest') === true) continue;
    for (const stack of await readdir(`${ROOT}/${run}`)) {
      if (!stack.endsWith('.lock')) await stopStack({ directory: `${ROOT}/${run}/${stack}`, wipe: true });
    }
    await rm(`${ROOT}/${run}`, { recursive: true, force: true });
  }
}

/** A base whose ports are all free now, below the range that systems use for outgoing connections. */
export async function freePortBase(): Promise<number> {
  const first = 21_000 + (process.pid % 400) * 20;
  for (let base = first; base < first + 2000; base += 20) {
    const free = await Promise.all(Object.values(portsFrom(base)).map((port: number) => isFree(port)));
    if (free.every(Boolean)) return base;
  }
  throw new Error(`no ports of a stack are free from ${first} on`);
}
