import { open, rm, type FileHandle } from 'node:fs/promises';
import type { UnreadableLine } from '../../input/line-chunks';

const BATCH_CHARACTERS = 1024 * 1024;

/** What the quarantine keeps of the bad lines of an hour. It is in a file, because all lines of an hour can be bad. */
export class BadLines {
  readonly #path: string;
  #file: FileHandle | undefined;
  #batch = '';

  /** @param path the file; it is created if needed. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Must be called in the order of positions. */
  async add(position: number, line: UnreadableLine): Promise<void> {
    // Newer versions of Node treat these two characters as line ends when they read the file.
    const text = JSON.stringify([position, line]).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
    this.#batch += `${text}\n`;
    if (this.#batch.length > BATCH_CHARACTERS) await this.#flush();
  }

  /** Finds lines by position. Positions must be requested in ascending order. */
  finder(): (position: number) => Promise<UnreadableLine | undefined> {
    const lines = this.#read();
    let next: Promise<IteratorResult<readonly [number, UnreadableLine], void>> | undefined;
    return async (position) => {
      next ??= lines.next();
      const { value } = await next;
      if (value?.[0] !== position) return undefined;
      next = undefined;
      return value[1];
    };
  }

  async *#read(): AsyncGenerator<readonly [position: number, line: UnreadableLine]> {
    await this.#flush();
    if (this.#file === undefined) return;
    for await (const text of this.#file.readLines({ start: 0, autoClose: false })) {
      yield JSON.parse(text) as [number, UnreadableLine]; // As `add` wrote it.
    }
  }

  async remove(): Promise<void> {
    this.#batch = '';
    if (this.#file === undefined) return;
    await this.#file.close();
    this.#file = undefined;
    await rm(this.#path, { force: true });
  }

  async #flush(): Promise<void> {
    if (this.#batch === '') return;
    this.#file ??= await open(this.#path, 'w+');
    await this.#file.appendFile(this.#batch);
    this.#batch = '';
  }
}
