const LINE_FEED = 10;

/**
 * The number of line feeds in the bytes. A search from one to the next would cost one call each, and a hostile file may
 * hold nothing else.
 */
export function countLineFeeds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === LINE_FEED) count += 1;
  return count;
}

/**
 * Whether a line is longer than `most` bytes. Goes from one line feed to the last one within reach, so that it skips
 * most lines.
 */
export function hasLongLine(text: Buffer, most: number): boolean {
  for (let start = 0; start + most < text.length;) {
    const found = text.lastIndexOf(LINE_FEED, start + most);
    if (found < start) return true;
    start = found + 1;
  }
  return false;
}

/** The end of the line that begins at `start`: its line feed, or the end of the text. */
export function endOfLine(text: Buffer, start: number): number {
  const found = text.indexOf(LINE_FEED, start);
  return found === -1 ? text.length : found;
}
