const LINE_FEED = 10;

/** How many line feeds the bytes hold. A search from one to the next costs a call each, and a hostile file has nothing else. */
export function countLineFeeds(bytes: Uint8Array): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at += 1) if (bytes[at] === LINE_FEED) count += 1;
  return count;
}

/** Whether a line has more than so many bytes. Goes from one line feed to the last within reach, so that it passes over most lines. */
export function hasLongLine(text: Buffer, most: number): boolean {
  for (let start = 0; start + most < text.length;) {
    const found = text.lastIndexOf(LINE_FEED, start + most);
    if (found < start) return true;
    start = found + 1;
  }
  return false;
}

/** Where the line that begins at `start` ends: its line feed, or the end of the text. */
export function endOfLine(text: Buffer, start: number): number {
  const found = text.indexOf(LINE_FEED, start);
  return found === -1 ? text.length : found;
}
