import { progress } from './print';

/** What a shell reports of a program that a signal ended: 128 and the number of the signal. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Does the work, which only looks at something that goes on by itself. On Ctrl-C or SIGTERM says so, with `how` to follow
 * and to stop it, and ends the process.
 *
 * @param clear ends what the work shows on the terminal, such as a bar, which hides the cursor.
 */
export async function whileItGoesOn<T>(how: string, work: () => Promise<T>, clear?: () => void): Promise<T> {
  return orLeave(`It goes on. ${how}`, work, clear);
}

/** Does the work. On Ctrl-C or SIGTERM prints `last`, and ends the process. */
export async function orLeave<T>(last: string, work: () => Promise<T>, clear?: () => void): Promise<T> {
  const leave = (signal: keyof typeof EXIT_CODES): void => {
    clear?.();
    progress(''); // The terminal shows ^C at the beginning of a line.
    progress(last);
    process.exit(EXIT_CODES[signal]);
  };
  process.once('SIGINT', leave).once('SIGTERM', leave);
  try {
    return await work();
  } finally {
    process.off('SIGINT', leave).off('SIGTERM', leave);
  }
}
