import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, parse } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaybreakError } from '../../domain/errors';
import { takeFileLock, withFileLock, type FileLock, type FileLockOptions } from '../../clients/storage/local/file-lock';
import { silentProgress, type Progress, type Step } from './progress';

/** A lock of a killed process counts as free this long after its last refresh. */
const STALE_MILLISECONDS = 5000;
const POLL_MILLISECONDS = 250;
/** Many locks are free again before somebody wonders. */
const SILENT_MILLISECONDS = 1_000;

/** Where a wait for a lock is shown. */
export interface ShownWait {
  /** What the lock is of. */
  readonly title: string;
  readonly progress: Progress;
  /** Ends the wait. Default: nothing does. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Runs `work` while no other process runs work under the same path. Waits as long as needed, and shows for which process.
 * Throws LOCKED if the lock is lost meanwhile.
 *
 * @param shown default: the wait is not shown.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  { title, progress, signal }: ShownWait = { title: '', progress: silentProgress },
): Promise<T> {
  const { held, options } = lockOptions(path);
  const began = performance.now();
  let wait: Step | undefined;
  for (;;) {
    try {
      return await withFileLock(path, options, async () => {
        wait?.done('free now');
        return asOwner(path, work);
      });
    } catch (thrown) {
      if (thrown !== held) throw thrown;
      if (performance.now() - began > SILENT_MILLISECONDS) {
        wait ??= progress.step(title);
        wait.update(`waiting for ${await ownerOf(path)}`);
      }
      await sleep(POLL_MILLISECONDS, undefined, { signal });
    }
  }
}

/**
 * Takes the lock of a path for a command that holds it as long as it runs: nobody can wait for that. Throws LOCKED with
 * the name of the process that has the lock. Makes the folder of the path.
 *
 * @param remedy what to do if another process has the lock.
 */
export async function takeLock(path: string, remedy: string): Promise<FileLock> {
  const { held, options } = lockOptions(path);
  await mkdir(dirname(path), { recursive: true });
  // The lock of a killed process is taken over when it is stale.
  const retries = {
    retries: (2 * STALE_MILLISECONDS) / POLL_MILLISECONDS,
    minTimeout: POLL_MILLISECONDS,
    maxTimeout: POLL_MILLISECONDS,
  };
  const { signal, release } = await takeFileLock(path, { ...options, retries }).catch(async (thrown: unknown) => {
    if (thrown !== held) throw thrown;
    throw new DaybreakError('LOCKED', { what: `${await ownerOf(path)} works on ${path}`, remedy });
  });
  const unsign = await signAsOwner(path);
  return {
    signal,
    release: async () => {
      await unsign();
      await release();
    },
  };
}

/** The options of a lock, and the error if another process has it. */
function lockOptions(path: string): { readonly held: DaybreakError; readonly options: FileLockOptions } {
  const held = new DaybreakError('LOCKED', {
    what: `another command works on ${path}`,
    remedy: 'Wait until it has ended.',
  });
  const lost = (cause: unknown): DaybreakError =>
    new DaybreakError('LOCKED', {
      what: `the lock ${path}.lock was lost while this command worked: the command did not run for more than 5 s, or somebody removed the lock`,
      remedy: 'Wait until no other command works there, then run this one again.',
      cause,
    });
  return { held, options: { stale: STALE_MILLISECONDS, update: 1000, busy: () => held, lost } };
}

/** Beside the lock, because the lock itself is an empty folder. */
const ownerFile = (path: string): string => `${path}.owner`;

/** Runs `work` while a file names this process. */
async function asOwner<T>(path: string, work: () => Promise<T>): Promise<T> {
  const unsign = await signAsOwner(path);
  try {
    return await work();
  } finally {
    await unsign();
  }
}

/**
 * Names this process in a file. Returns what removes it. The file only informs: without it, as on a full disk, the work
 * goes on.
 */
async function signAsOwner(path: string): Promise<() => Promise<void>> {
  const [, program = '', ...args] = process.argv;
  const file = ownerFile(path);
  const owner = `${[parse(program).name, ...args].join(' ')} (process ${process.pid})`;
  await writeFile(file, owner).catch(() => undefined);
  return async () => {
    // If the lock was lost, the file may name the next owner.
    const isOwn = (await readFile(file, 'utf8').catch(() => undefined)) === owner;
    if (isOwn) await rm(file, { force: true });
  };
}

/** The process that has the lock, such as 'daybreak up (process 4711)'. It may have no file of its own yet. */
async function ownerOf(path: string): Promise<string> {
  const owner = await readFile(ownerFile(path), 'utf8').catch(() => '');
  return owner === '' ? 'another command' : owner;
}
