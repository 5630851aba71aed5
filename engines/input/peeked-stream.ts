/** A stream whose beginning can be looked at before it is read. */
export class PeekedStream {
  readonly #chunks: AsyncIterator<Buffer>;
  #seen: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** The first bytes, or all if there are fewer. */
  async beginning(bytes: number): Promise<Buffer> {
    while (this.#seen.length < bytes) {
      const next = await this.#chunks.next();
      if (next.done === true) break;
      this.#seen = Buffer.concat([this.#seen, next.value]);
    }
    return this.#seen.subarray(0, bytes);
  }

  /** All bytes from the first one on. */
  async *chunks(): AsyncGenerator<Buffer> {
    if (this.#seen.length > 0) yield this.#seen;
    for (let next = await this.#chunks.next(); next.done !== true; next = await this.#chunks.next()) yield next.value;
  }

  /** Ends the stream, also if it was not read to its end. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
