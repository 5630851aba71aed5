import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaybreakError } from '../../domain/errors';
import { progress } from '../output/print';

/** For a machine that others keep busy. A command that ends earlier is noticed at once. */
const TIMEOUT_MILLISECONDS = 240_000;

/**
 * Runs `daybreak` commands in one environment, as a person would type them. At its end it ends the commands that still
 * run.
 */
export class Session {
  /** The environment of each command. */
  inherited: NodeJS.ProcessEnv = process.env;
  /** Added to it. */
  environment: Readonly<Record<string, string>> = {};
  readonly signal: AbortSignal;
  readonly #program: string;
  readonly #background: ChildProcess[] = [];

  /**
   * @param signal ends a waiting `run` when it aborts.
   * @param program path of the `daybreak` program, of the checkout or of the package.
   */
  constructor(signal: AbortSignal, program: string) {
    this.signal = signal;
    this.#program = program;
  }

  /** Runs a command to its end, with its output beside ours. Throws SERVER_FAILED if it does not exit with 0. */
  async run(command: string): Promise<void> {
    this.signal.throwIfAborted();
    progress(`$ npx daybreak ${command}`);
    const child = this.#spawn(command, 'inherit');
    const [code] = (await once(child, 'exit')) as [number | null];
    this.signal.throwIfAborted();
    if (code !== 0) {
      throw new DaybreakError('SERVER_FAILED', {
        what: `daybreak ${command} ended with exit code ${code ?? 'none'}`,
        remedy: 'Read its message above.',
      });
    }
  }

  /**
   * Starts a command that stays and writes its output to `log`. If `sign` is given, waits until the log holds it.
   * Resolves to its process id.
   */
  async background(command: string, log: string, sign?: string): Promise<number | undefined> {
    this.signal.throwIfAborted();
    progress(`$ npx daybreak ${command} > ${log} &`);
    await mkdir(dirname(log), { recursive: true });
    const file = openSync(log, 'a');
    const child = this.#spawn(command, file);
    closeSync(file);
    this.#background.push(child);
    const deadline = Date.now() + TIMEOUT_MILLISECONDS;
    while (sign !== undefined && !(await readFile(log, 'utf8')).includes(sign)) {
      if (child.exitCode !== null || Date.now() > deadline) {
        throw new DaybreakError('SERVER_FAILED', {
          what: `daybreak ${command} did not start`,
          remedy: `Read ${log}.`,
        });
      }
      await sleep(200, undefined, { signal: this.signal });
    }
    return child.pid;
  }

  /** Ends the background commands and waits until they have ended. */
  async end(): Promise<void> {
    await Promise.all(
      this.#background.map(async (child) => {
        if (child.exitCode !== null || child.signalCode !== null) return;
        const ended = once(child, 'exit');
        child.kill('SIGTERM');
        await ended;
      }),
    );
  }

  #spawn(command: string, output: 'inherit' | number): ChildProcess {
    return spawn(process.execPath, [this.#program, ...command.split(' ')], {
      stdio: ['ignore', output, output],
      env: { ...this.inherited, ...this.environment },
    });
  }
}
