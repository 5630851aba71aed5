import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

export interface BenchRun {
  readonly code: number | null;
  /** Standard output, without its colours. */
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a bench to its end, as its README says, with arguments that make it small. */
export async function runBench(
  name: 'backfill' | 'batch' | 'day' | 'speed',
  args: readonly (string | number)[],
  environment: Readonly<Record<string, string>> = {},
): Promise<BenchRun> {
  const child = spawn(process.execPath, ['--import', 'tsx', `bench/${name}/index.ts`, ...args.map(String)], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [stdout, stderr, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit') as Promise<[number | null]>,
  ]);
  return { code, stdout, stderr };
}
