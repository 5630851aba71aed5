import { progress, progressInPlace } from './print';
import { isScreen } from './terminal';

const PLAIN_MS = 5_000;

/** Shows on stderr how far some work is. On a terminal one line changes; elsewhere a new line comes now and then. */
export class ProgressLine {
  #shown = performance.now();

  show(line: string): void {
    if (isScreen('stderr')) {
      progressInPlace(line);
      return;
    }
    const now = performance.now();
    if (now - this.#shown < PLAIN_MS) return;
    this.#shown = now;
    progress(line);
  }

  end(): void {
    if (isScreen('stderr')) progressInPlace('');
  }
}
