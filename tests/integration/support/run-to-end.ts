import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { killTree } from './process-tree';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Added to this process's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The time limit. Default: eight minutes, which is less than a test on the servers has. */
  readonly seconds?: number;
  /** The working directory. Default: this process's own. */
  readonly folder?: string;
}

/**
 * Runs a program to its end. If it does not end in time, kills it with all that it started; the error contains its
 * output.
 */
export async function runToEnd(
  program: string,
  args: readonly string[],
  { environment = {}, seconds = 480, folder = process.cwd() }: RunOptions = {},
): Promise<Ended> {
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  const [out, errors]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
  const ended = { stdout: () => Buffer.concat(out).toString(), stderr: () => Buffer.concat(errors).toString() };
  if (!(await isWithin(once(child, 'close'), seconds))) {
    await killAll(child);
    const said = `${ended.stderr()}${ended.stdout()}`.slice(-SAID);
    throw new Error(
      `${[program, ...args].join(' ')} did not end within ${seconds} s, and was killed. It said:\n${said}`,
    );
  }
  return { code: child.exitCode ?? -1, stdout: ended.stdout(), stderr: ended.stderr() };
}

/** How many characters of a command's output an error contains, counted from its end. */
export const SAID = 8_000;

/** Whether the promise settles within this many seconds. Throws its reason if it is rejected. */
export async function isWithin(awaited: Promise<unknown>, seconds: number): Promise<boolean> {
  const over = new AbortController();
  const late = sleep(seconds * 1_000, false, { signal: over.signal }).catch(() => false);
  try {
    return await Promise.race([awaited.then(() => true), late]);
  } finally {
    over.abort();
  }
}

/** Kills a child with all its descendants, and no longer reads its output. */
export async function killAll(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined) await killTree(child.pid);
  child.stdout?.destroy();
  child.stderr?.destroy();
}
