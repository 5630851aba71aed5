import { SingleBar } from 'cli-progress';
import type { BackfillProgress } from '../../domain/backfill';
import { visible } from '../../domain/visible';
import { progress } from './print';

/** One line on a terminal. It fills as the days of a backfill end. */
export function daysBar(stream: NodeJS.WritableStream = process.stderr) {
  const format = '{bar} {value} of {total} days, {failed} failed  {running}';
  const bar = new SingleBar({ format, hideCursor: true, stream });
  return {
    report({ requested, completed, failed, running }: BackfillProgress): void {
      // How many days there are is not known before they are selected.
      if (requested === undefined) return;
      const shown = { failed: failed.length, running: visible(running.join(' ')) };
      if (!bar.isActive) bar.start(requested, completed, shown);
      bar.setTotal(requested);
      bar.update(completed, shown);
    },
    say(line: string): void {
      bar.stop();
      progress(line);
    },
    end(): void {
      bar.stop();
    },
  };
}
