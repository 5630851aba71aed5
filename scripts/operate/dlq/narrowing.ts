interface Placed {
  readonly offset: number;
}

/** Cuts what a broker refuses as too large into halves, and goes on with the size that it took. */
export class Narrowing {
  #most = Infinity;

  /**
   * Sends all in their order, in as few parts as are taken; `send` is called with nothing where there is nothing.
   *
   * @param end the offset behind them.
   * @param send gets the offset behind the part too. False where it is refused, and nothing of it was sent: then it is asked
   * with half as many, but with a single one never again.
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
