import { SingleBar } from 'cli-progress';
import type { BackfillProgress } from '../../domain/backfill';
import { visible } from '../../domain/visible';

/** One line on a terminal. It fills as the days of a backfill end. */
export function daysBar(stream: NodeJS.WritableStream = process.stderr) {
  const format = '{bar} {value} of {total} days, {failed} failed  {running}';
  const bar = new SingleBar({ format, hideCursor: true, stream });
  bar.start(1, 0, { failed: 0, running: '' });
  return {
    show({ requested = 1, completed, failed, running }: BackfillProgress): void {
      bar.setTotal(requested);
      bar.update(completed, { failed: failed.length, running: visible(running.join(' ')) });
    },
    end(): void {
      bar.stop();
    },
  };
}
