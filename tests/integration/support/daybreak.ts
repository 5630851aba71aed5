import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const COMMAND = resolve(__dirname, '../../../scripts/daybreak.mjs');

/** Runs a command line of `daybreak` as a person would, in a process of its own. */
export function daybreak(commandLine: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return new Promise((resolveEnded) => {
    const options = { env: { ...process.env, ...environment }, maxBuffer: 64 * 1024 * 1024 };
    const child = execFile(
      process.execPath,
      [COMMAND, ...commandLine.split(' ')],
      options,
      (_error, stdout, stderr) => {
        resolveEnded({ code: child.exitCode ?? -1, stdout, stderr });
      },
    );
  });
}

/** The same, for a command that must succeed: its standard output. */
export async function succeed(commandLine: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await daybreak(commandLine, environment);
  if (code !== 0) throw new Error(`daybreak ${commandLine} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

export interface BackgroundCommand {
  readonly child: ChildProcess;
  /** What it has written to its standard output so far. */
  output(): string;
  /** Ends it with SIGTERM and gives its exit code. */
  stop(): Promise<number | null>;
}

/** Starts a command that stays, and waits for a line of its output that holds `sign`. */
export async function background(
  commandLine: string,
  environment: Readonly<Record<string, string>>,
  sign: string,
): Promise<BackgroundCommand> {
  const child = spawn(process.execPath, [COMMAND, ...commandLine.split(' ')], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const written: string[] = [];
  lines.on('line', (line) => written.push(line));
  await new Promise<void>((ready, failed) => {
    lines.on('line', (line) => {
      if (line.includes(sign)) ready();
    });
    child.once('exit', (code) => {
      failed(new Error(`daybreak ${commandLine} ended with ${code} before it said ${sign}`));
    });
  });
  return {
    child,
    output: () => written.join('\n'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
      return child.exitCode;
    },
  };
}
