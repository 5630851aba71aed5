import type { BackfillProgress } from '../../domain/backfill';
import { daysBar } from './days-bar';
import { progress } from './print';
import { isScreen } from './terminal';

/** How the progress of a backfill is shown until its end. */
interface Shown {
  readonly report: (progress: BackfillProgress) => void;
  /** Prints a line of another kind. */
  readonly say: (line: string) => void;
  readonly end: () => void;
}

/** On a terminal one line that fills; elsewhere a line whenever a day ends. */
export function daysSummary(): Shown {
  if (!isScreen('stderr')) {
    let last = -1;
    return {
      report: ({ requested, completed, failed, running }) => {
        if (requested === undefined || completed === last) return;
        last = completed;
        progress(`${completed} of ${requested} days, ${failed.length} failed; running: ${running.join(' ')}`);
      },
      say: progress,
      end: () => undefined,
    };
  }
  return daysBar();
}

/** A line for each day that begins, ends or fails. */
export function eachDay(): Shown {
  const shown = new Set<string>();
  const once = (line: string): void => {
    if (!shown.has(line)) progress(line);
    shown.add(line);
  };
  return {
    report: ({ requested, completed, running, failed }) => {
      for (const date of running) once(`${date} is running`);
      for (const { date, outcome, reason = '' } of failed) once(`${date} ${outcome} ${reason}`);
      if (requested !== undefined) once(`${completed} of ${requested} days are done`);
    },
    say: progress,
    end: () => undefined,
  };
}
