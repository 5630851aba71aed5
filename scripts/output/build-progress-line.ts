import { transferTexts, type BuildProgress } from '../../engines/model/progress';
import { progress, progressInPlace } from './print';
import { isScreen } from './terminal';

const PLAIN_MS = 5_000;

/** Shows on stderr how far a build is. On a terminal one line changes; elsewhere a new line comes now and then. */
export class BuildProgressLine {
  #shown = performance.now();

  show({ rows, hoursDone, hoursTotal, rowsPerSecond, ...transferred }: BuildProgress): void {
    const read = `hour ${hoursDone} of ${hoursTotal}, ${count(rows)} rows, ${count(rowsPerSecond)}/s`;
    const line = [read, ...transferTexts(transferred)].join(', ');
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

function count(value: number): string {
  return value.toLocaleString('en-US');
}
