import { type EndingSignal, onEnding, SIGNAL_EXIT_CODES } from './ending';
import { progress } from './print';

/**
 * Does the work, which only looks at something that goes on by itself. On Ctrl-C, SIGTERM or SIGHUP says so, with `how` to
 * follow and to stop it, and ends the process.
 *
 * @param clear ends what the work shows on the terminal, such as a bar, which hides the cursor.
 */
export async function whileItGoesOn<T>(how: string, work: () => Promise<T>, clear?: () => void): Promise<T> {
  return orLeave(`It goes on. ${how}`, work, clear);
}

/** Does the work. On Ctrl-C, SIGTERM or SIGHUP prints `last`, and ends the process. */
export async function orLeave<T>(last: string, work: () => Promise<T>, clear?: () => void): Promise<T> {
  const leave = (signal: EndingSignal): void => {
    clear?.();
    progress(''); // The terminal shows ^C at the beginning of a line.
    progress(last);
    process.exit(SIGNAL_EXIT_CODES[signal]);
  };
  const stopListening = onEnding(leave);
  try {
    return await work();
  } finally {
    stopListening();
  }
}
