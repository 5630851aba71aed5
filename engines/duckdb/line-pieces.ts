const PIECE_BYTES = 8 * 1024 ** 2;
const LINE_FEED = 10;

/** Whole lines, as many as a piece has room for. */
export async function* linePieces(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (bytes < PIECE_BYTES || end === 0) continue;
    const rest = chunk.subarray(end);
    yield Buffer.concat(waiting, bytes - rest.length);
    [waiting, bytes] = [[rest], rest.length];
  }
  if (bytes > 0) yield Buffer.concat(waiting, bytes);
}
