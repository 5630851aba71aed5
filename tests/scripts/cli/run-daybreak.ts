import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Addresses at which no server listens. */
export const NO_SERVERS = {
  TEMPORAL_ADDRESS: '127.0.0.1:1',
  KAFKA_BROKERS: '127.0.0.1:1',
  DRUID_COORDINATOR_URL: 'http://127.0.0.1:1',
  DRUID_BROKER_URL: 'http://127.0.0.1:1',
};

/** Starts the command as a user does, in another process. `undefined` takes a variable away. Default folder: this one. */
export function startDaybreak(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
  stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
  cwd = process.cwd(),
): ChildProcess {
  const env = { ...process.env, ...NO_SERVERS, FORCE_COLOR: undefined, NO_COLOR: undefined, ...environment };
  return spawn(process.execPath, [resolve('scripts/daybreak.mjs'), ...args], { env, stdio, cwd });
}

/** Calls `act` once the command has written `line` to standard error. */
export function onceShown(child: ChildProcess, line: string, act: () => void): void {
  let said = '';
  let isShown = false;
  child.stderr?.on('data', (text) => {
    said += String(text);
    if (isShown || !said.includes(line)) return;
    isShown = true;
    act();
  });
}

/** The command's end. A stream that is not piped is empty. */
export async function endOf(child: ChildProcess): Promise<Ended> {
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    child.stdout === null || child.stdout.destroyed ? '' : text(child.stdout),
    child.stderr === null || child.stderr.destroyed ? '' : text(child.stderr),
  ]);
  return { code, stdout, stderr };
}

export function runDaybreak(
  args: readonly string[],
  environment?: Readonly<Record<string, string | undefined>>,
): Promise<Ended> {
  return endOf(startDaybreak(args, environment));
}
