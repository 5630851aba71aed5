import { numeral } from '../../domain/counted';
import { progress, progressInPlace } from '../output/print';
import type { FeedTally } from './tally';
import { isScreen } from '../output/terminal';

const TERMINAL_MS = 200;
const PLAIN_MS = 5_000;

/**
 * Shows on stderr how far and how fast a feed is. On a terminal one line changes; elsewhere a new line comes now and
 * then.
 */
export class FeedProgress {
  readonly #expected: number | undefined;
  readonly #start = performance.now();
  #shown = this.#start;
  #before = { events: 0, at: this.#start };

  /** @param expected number of events, if the feed has an end. */
  constructor(expected: number | undefined) {
    this.#expected = expected;
  }

  get seconds(): number {
    return (performance.now() - this.#start) / 1000;
  }

  show(tally: FeedTally): void {
    const now = performance.now();
    if (now - this.#shown < (isScreen('stderr') ? TERMINAL_MS : PLAIN_MS)) return;
    this.#shown = now;
    const { events } = tally.total;
    const rate = Math.round(((events - this.#before.events) / (now - this.#before.at)) * 1000);
    this.#before = { events, at: now };
    const of = this.#expected === undefined ? '' : ` of ${numeral(this.#expected)}`;
    const line = `fed ${numeral(events)}${of} events, ${numeral(rate)}/s`;
    if (isScreen('stderr')) progressInPlace(line);
    else progress(line);
  }

  end(): void {
    if (isScreen('stderr')) progressInPlace('');
  }
}
