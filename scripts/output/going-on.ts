import { progress } from './print';

/** What a shell reports of a program that Ctrl-C ended: 128 and the number of SIGINT. */
const INTERRUPTED = 130;

/**
 * Does the work, which only looks at something that goes on by itself. On Ctrl-C says so, with `how` to follow and to
 * stop it, and ends the process.
 */
export async function whileItGoesOn<T>(how: string, work: () => Promise<T>): Promise<T> {
  const leave = (): void => {
    progress(''); // The terminal shows ^C at the beginning of a line.
    progress(`It goes on. ${how}`);
    process.exit(INTERRUPTED);
  };
  process.once('SIGINT', leave);
  try {
    return await work();
  } finally {
    process.off('SIGINT', leave);
  }
}
