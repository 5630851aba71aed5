import { execFile } from 'node:child_process';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DaybreakError } from '../../domain/errors';

/** The clock of a process that was started with `environment`: libfaketime shows it another time of day. */
export class Clock {
  readonly environment: Readonly<Record<string, string>>;
  readonly #file: string;

  private constructor(file: string, library: string) {
    this.#file = file;
    this.environment = {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      // Like a real clock that is set: what measures how long something takes does not jump.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      // Without it, Java's waits with a limit end at once.
      FAKETIME_FORCE_MONOTONIC_FIX: '0',
    };
  }

  /** @param file says how far it is from the real time. Throws MISSING_TOOL. */
  static async open(file: string): Promise<Clock> {
    const asked = promisify(execFile)('faketime', ['-m', '-f', '+0', 'printenv', 'LD_PRELOAD']);
    const { stdout } = await asked.catch((thrown: unknown) => {
      throw new DaybreakError('MISSING_TOOL', {
        what: 'the clocks of this bench jump by libfaketime, and there is no faketime on the PATH',
        remedy: 'Install it (Debian: apt install faketime).',
        cause: thrown,
      });
    });
    const clock = new Clock(file, stdout.trim());
    await clock.set(0);
    return clock;
  }

  /** @param seconds that it is ahead of the real time. Negative: behind. */
  async set(seconds: number): Promise<void> {
    // Whole or not at all: the process reads it each time that it asks for the time.
    await writeFile(`${this.#file}.new`, `${seconds < 0 ? '' : '+'}${seconds}\n`);
    await rename(`${this.#file}.new`, this.#file);
  }

  /** Throws unless the process has this clock. */
  async mustBeOf(pid: number): Promise<void> {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    if (!environment.includes(`FAKETIME_TIMESTAMP_FILE=${this.#file}\0`))
      throw new Error(`process ${pid} was started without the clock ${this.#file}`);
  }
}
