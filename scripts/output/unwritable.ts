import { DaybreakError, messageOf } from '../../domain/errors';
import { hasWorkToEnd, isEnding } from './ending';

/** 128 and the number of SIGPIPE: what a shell reports of a program that ends because nobody reads its output. */
export const CLOSED_PIPE = 141;

/**
 * Ends the process when an output cannot be written. If its terminal was closed, the process ends as by SIGHUP. If only its
 * reader is gone, as after `| head -1`, a command with work to end does so, too; the end of any other is quiet. Else
 * `report` gets the reason, and the exit code is 1. A command that a signal already ends goes on to its end without that
 * reader or terminal.
 */
export function endIfUnwritable(report: (failure: DaybreakError) => void): void {
  const outputs = { 'standard output': process.stdout, 'standard error': process.stderr };
  for (const [name, stream] of Object.entries(outputs)) {
    stream.on('error', (cause: NodeJS.ErrnoException) => {
      const isReaderGone = cause.code === 'EPIPE';
      const isTerminalClosed = cause.code === 'EIO' && stream.isTTY;
      if (isEnding() && (isTerminalClosed || isReaderGone)) return;
      if (isTerminalClosed || (isReaderGone && hasWorkToEnd())) {
        process.kill(process.pid, 'SIGHUP');
        return;
      }
      if (isReaderGone) process.exit(CLOSED_PIPE);
      report(
        new DaybreakError('OUTPUT_FAILED', {
          what: `${name} cannot be written: ${messageOf(cause)}`,
          remedy: 'Free space where it goes, or send it somewhere else.',
        }),
      );
      process.exit(1);
    });
  }
}
