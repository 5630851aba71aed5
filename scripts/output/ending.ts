/** What a shell reports of a program that a signal ended: 128 and the number of the signal. */
export const SIGNAL_EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

/** Asks a command to end: Ctrl-C, a process manager, or the end of its terminal. */
export type EndingSignal = keyof typeof SIGNAL_EXIT_CODES;

let ending = false;
let listening = 0;

/** Whether a signal has asked this process to end, and it still ends its work. */
export function isEnding(): boolean {
  return ending;
}

/** Whether this process has work that it ends in order on a signal. */
export function hasWorkToEnd(): boolean {
  return listening > 0;
}

/**
 * Calls `end` on Ctrl-C, SIGTERM and SIGHUP, which comes when the terminal is closed. Returns the function that stops that.
 *
 * @param end may be called several times. A second Ctrl-C or SIGTERM is not caught: it ends the process at once.
 */
export function onEnding(end: (signal: EndingSignal) => void): () => void {
  const caught = (signal: EndingSignal): void => {
    ending = true;
    end(signal);
  };
  // Both a shell and the system send SIGHUP to what runs in a terminal that is closed.
  listening += 1;
  process.once('SIGINT', caught).once('SIGTERM', caught).on('SIGHUP', caught);
  return () => {
    listening -= 1;
    process.off('SIGINT', caught).off('SIGTERM', caught).off('SIGHUP', caught);
  };
}
