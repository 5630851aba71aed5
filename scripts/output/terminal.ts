import chalk from 'chalk';

/** Standard output or standard error, by name, or a stream in its place. */
export type Stream = 'stdout' | 'stderr' | { readonly isTTY?: boolean; readonly columns?: number };

/** Whether lines on the stream may be written over: it is a terminal that can. */
export function isScreen(stream: Stream): boolean {
  const { isTTY = false } = typeof stream === 'string' ? process[stream] : stream;
  return isTTY && process.env['TERM'] !== 'dumb';
}

/** How many characters a line of the terminal has. Infinity if the stream is none: nothing is cut for a pipe. */
export function columnsOf(stream: Stream): number {
  const { isTTY = false, columns = 0 } = typeof stream === 'string' ? process[stream] : stream;
  // A terminal that does not say its size has 0.
  return isTTY && columns > 0 ? columns : Infinity;
}

/** Whether text on the stream may have colours. NO_COLOR forbids them unless it is empty; else FORCE_COLOR decides. */
export function hasColours(stream: Stream): boolean {
  const { NO_COLOR, FORCE_COLOR } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return isScreen(stream);
}

/** The styles of text on the stream: none if it has no colours. */
export function stylesOf(stream: Stream): chalk.Chalk {
  return new chalk.Instance({ level: hasColours(stream) ? 1 : 0 });
}
