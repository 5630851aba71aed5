import { execFile } from 'node:child_process';
import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { hasCode } from '../../domain/errors';

const MEBIBYTES = 256;
const PIECE = Buffer.alloc(2 ** 20);

/** A small file system in memory that can be full. Mounting one needs the rights of root. */
export class SmallDisk {
  readonly #folder: string;
  readonly #filler: string;

  private constructor(folder: string) {
    this.#folder = folder;
    this.#filler = join(folder, '.filler');
  }

  /** Mounts it over a folder, which is made if it does not exist and should be empty. */
  static async mount(folder: string): Promise<SmallDisk> {
    await mkdir(folder, { recursive: true });
    await promisify(execFile)('mount', ['-t', 'tmpfs', '-o', `size=${MEBIBYTES}m,mode=0750`, 'torture', folder]);
    return new SmallDisk(folder);
  }

  /** Shows a folder of another disk in a folder of this one, until `unmount`. */
  static async bind(other: string, folder: string): Promise<void> {
    for (const path of [other, folder]) await mkdir(path, { recursive: true });
    await promisify(execFile)('mount', ['--bind', other, folder]);
  }

  /** Writes until nothing more can be written. */
  async fill(): Promise<void> {
    const file = await open(this.#filler, 'w');
    try {
      for (;;) await file.write(PIECE);
    } catch (thrown) {
      if (!hasCode(thrown, 'ENOSPC')) throw thrown;
    } finally {
      await file.close();
    }
  }

  async free(): Promise<void> {
    await rm(this.#filler, { force: true });
  }

  /** Also while a process has files of it open. */
  async unmount(): Promise<void> {
    await promisify(execFile)('umount', ['--lazy', '--recursive', this.#folder]);
  }
}
