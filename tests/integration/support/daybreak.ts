import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { isWithin, killAll, runToEnd, SAID, type Ended } from './run-to-end';

export type { Ended } from './run-to-end';

const COMMAND = resolve(__dirname, '../../../scripts/daybreak.mjs');
/** For a busy machine. On an idle one a worker loads in seconds, and at its end has ten seconds for its activities. */
const START_SECONDS = 240;
const STOP_SECONDS = 180;

/** Runs a command line of `daybreak` as a person would, in a process of its own. See `runToEnd`. */
export function daybreak(commandLine: string, environment: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return runToEnd(process.execPath, [COMMAND, ...commandLine.split(' ')], { environment });
}

/** The same for a command that must succeed. Returns its standard output. */
export async function succeed(commandLine: string, environment: Readonly<Record<string, string>>): Promise<string> {
  const { code, stdout, stderr } = await daybreak(commandLine, environment);
  if (code !== 0) throw new Error(`daybreak ${commandLine} ended with ${code}:\n${stderr}${stdout}`);
  return stdout;
}

export interface BackgroundCommand {
  readonly child: ChildProcess;
  /** What it has written to standard output so far. */
  output(): string;
  /** Ends it with SIGTERM and returns its exit code. Kills it and throws if it does not end in time. */
  stop(): Promise<number | null>;
}

/**
 * Starts a command that stays, and waits for a line of its output that holds `sign`. Kills it if that line does not
 * come.
 */
export async function background(
  commandLine: string,
  environment: Readonly<Record<string, string>>,
  sign: string,
): Promise<BackgroundCommand> {
  const child = spawn(process.execPath, [COMMAND, ...commandLine.split(' ')], {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = createInterface({ input: child.stdout });
  const written: string[] = [];
  let errors = '';
  lines.on('line', (line) => written.push(line));
  child.stderr.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    errors = `${errors}${chunk.toString()}`.slice(-SAID);
  });
  const failure = (what: string): Error =>
    new Error(`daybreak ${commandLine} ${what}. It said:\n${errors}${written.join('\n').slice(-SAID)}`);
  const ready = new Promise<void>((said, failed) => {
    lines.on('line', (line) => {
      if (line.includes(sign)) said();
    });
    // Not at its exit: then its last output is still unread.
    child.once('close', (code) => {
      failed(failure(`ended with ${code} before it said ${sign}`));
    });
    child.once('error', failed);
  });
  if (!(await isWithin(ready, START_SECONDS))) {
    await killAll(child);
    throw failure(`did not say ${sign} within ${START_SECONDS} s, and was killed`);
  }
  return {
    child,
    output: () => written.join('\n'),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      if (!(await isWithin(ended, STOP_SECONDS))) {
        await killAll(child);
        throw failure(`did not end within ${STOP_SECONDS} s of SIGTERM, and was killed`);
      }
      return child.exitCode;
    },
  };
}
