import { numeral } from '../../domain/counted';
import { transferTexts, type BuildProgress } from '../../engines/model/progress';
import { ProgressLine } from './progress-line';

/** Shows on stderr how far a build is. */
export class BuildProgressLine {
  readonly #line = new ProgressLine();

  show({ rows, hoursDone, hoursTotal, rowsPerSecond, ...transferred }: BuildProgress): void {
    const read = `hour ${hoursDone} of ${hoursTotal}, ${numeral(rows)} rows, ${numeral(rowsPerSecond)}/s`;
    this.#line.show([read, ...transferTexts(transferred)].join(', '));
  }

  end(): void {
    this.#line.end();
  }
}
