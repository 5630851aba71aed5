import { open, rm, type FileHandle } from 'node:fs/promises';
import type { UnreadableLine } from '../../input/line-chunks';

const BATCH_CHARACTERS = 1024 * 1024;

/** What the quarantine keeps of bad lines of an hour, in a file: an hour can have nothing else. */
export class BadLines {
  readonly #path: string;
  #file: FileHandle | undefined;
  #batch = '';

  /** The file, which is made where it is needed. */
  constructor(path: string) {
    this.#path = path;
  }

  /** Positions are given in order. */
  async add(position: number, line: UnreadableLine): Promise<void> {
    // Newer versions of Node take these two for ends of lines when the file is read.
    const text = JSON.stringify([position, line]).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
    this.#batch += `${text}\n`;
    if (this.#batch.length > BATCH_CHARACTERS) await this.#flush();
  }

  /** Finds lines by positions, which are asked for in order. */
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
