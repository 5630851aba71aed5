import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../tests/integration/support/until';
import { kibibytesOf } from '../speed/process-use';

/** What a command or a worker that ended left to read. */
export interface EndedCommand {
  readonly command: string;
  readonly code: number | null;
  /** Standard output and error. */
  readonly said: string;
}

/** A worker that is started again a second after it has ended, as a service manager does. */
export class WorkerProcess {
  readonly #program: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #logs: string;
  readonly #exits: EndedCommand[] = [];
  #starts = 0;
  #child: ChildProcess | undefined;
  #stays = true;

  /** @param logs each start writes a log of its own in this folder. */
  constructor(program: string, environment: Readonly<Record<string, string>>, logs: string) {
    this.#program = program;
    this.#environment = environment;
    this.#logs = logs;
  }

  /** Throws while none runs. */
  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error('no worker runs');
    return pid;
  }

  /** The ends that nobody asked for, since the last call. */
  takeExits(): EndedCommand[] {
    return this.#exits.splice(0);
  }

  start(): void {
    this.#stays = true;
    const log = this.#log(++this.#starts);
    const file = openSync(log, 'a');
    const child = spawn(process.execPath, [this.#program, 'worker'], {
      stdio: ['ignore', file, file],
      env: { ...process.env, ...this.#environment },
    });
    closeSync(file);
    this.#child = child;
    child.once('exit', (code) => {
      if (this.#child !== child || !this.#stays) return;
      this.#child = undefined;
      void this.#again(code, log);
    });
  }

  async #again(code: number | null, log: string): Promise<void> {
    this.#exits.push({ command: 'worker', code, said: await readFile(log, 'utf8') });
    await sleep(1_000);
    if (this.#stays) this.start();
  }

  /** Waits until the worker serves its queues, however often it was started. */
  async untilReady(): Promise<void> {
    await until('the worker', async () => (await readFile(this.#log(this.#starts), 'utf8')).includes('"msg":"ready"'));
  }

  /** Ends it by SIGKILL. It stays away until `start`. */
  kill(): void {
    this.#stays = false;
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async stop(): Promise<void> {
    this.#stays = false;
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  }

  async use(): Promise<{ readonly mebibytes: number; readonly handles: number }> {
    const handles = await readdir(`/proc/${this.pid}/fd`);
    return { mebibytes: Math.round((await kibibytesOf(this.pid)).now / 1024), handles: handles.length };
  }

  #log(start: number): string {
    return join(this.#logs, `worker-${start}.log`);
  }
}
