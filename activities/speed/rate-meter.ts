const WINDOW_MS = 5_000;

/** Counts over a sliding window of a few seconds. */
export class RateMeter {
  readonly #counts: { readonly at: number; readonly count: number }[] = [];
  readonly #start: number;

  constructor(now: number) {
    this.#start = now;
  }

  add(count: number, now: number): void {
    this.#counts.push({ at: now, count });
    this.#forget(now);
  }

  /** Per second, rounded. */
  rate(now: number): number {
    this.#forget(now);
    const sum = this.#counts.reduce((total, { count }) => total + count, 0);
    return Math.round((sum * 1000) / Math.min(WINDOW_MS, Math.max(1_000, now - this.#start)));
  }

  #forget(now: number): void {
    while ((this.#counts[0]?.at ?? Infinity) < now - WINDOW_MS) this.#counts.shift();
  }
}
