import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';

/** Notices that the files of a folder have changed, once nobody is writing them any more. */
export class FolderWatch {
  readonly #folder: string;
  #taken: string | undefined;
  #last: string | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Whether the files differ from the last time this returned true, and equal those of the previous call. So it waits
   * for an editor or a copy that takes several steps. True at the first call.
   */
  async hasChanged(): Promise<boolean> {
    const now = await stateOf(this.#folder);
    const isQuiet = this.#last === undefined || this.#last === now;
    this.#last = now;
    if (!isQuiet || now === this.#taken) return false;
    this.#taken = now;
    return true;
  }
}

/** Changes if a file was written, added, removed or replaced. */
async function stateOf(folder: string): Promise<string> {
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  const states = await Promise.all(
    names.sort().map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => undefined);
      return [name, found?.ino, found?.size, found?.mtimeMs].join(' ');
    }),
  );
  return states.join('\n');
}
