interface Placed {
  readonly offset: number;
}

/** Splits what a broker refuses as too large into halves, and goes on with the size that the broker took. */
export class Narrowing {
  #most = Infinity;

  /**
   * Sends all items in their order, in as few parts as the broker takes. If there is no item, calls `send` once with
   * none.
   *
   * @param end the offset behind the items.
   * @param send also gets the offset behind the part. Returns false if the part is refused and nothing of it was sent.
   *   It is then called with half as many items. A single item that is refused is not sent again.
   */
  async send<Item extends Placed>(
    items: readonly Item[],
    end: number,
    send: (part: readonly Item[], end: number) => Promise<boolean>,
  ): Promise<void> {
    let first = 0;
    do {
      const part = items.slice(first, first + this.#most);
      const behind = items[first + part.length]?.offset ?? end;
      const isSent = await send(part, behind);
      if (isSent) this.#most *= 2;
      if (isSent || part.length <= 1) first += part.length;
      else this.#most = Math.floor(part.length / 2);
    } while (first < items.length);
  }
}
