import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const PIECE_BYTES = 8 * 1024 ** 2;
const LINE_FEED = 10;

/** The path of a file in `scratch` that holds one piece of the lines after the other. It is removed at the end. */
export async function* pieceFiles(
  lines: AsyncIterable<Buffer>,
  scratch: string,
  most?: number,
): AsyncGenerator<string> {
  const file = join(scratch, `${randomUUID()}.ndjson`);
  try {
    for await (const piece of linePieces(lines, most)) {
      await writeFile(file, piece);
      yield file;
    }
  } finally {
    await rm(file, { force: true });
  }
}

/**
 * Whole lines, as many as a piece has room for.
 *
 * @param most the bytes of a piece, unless one line or one chunk has more. Default: 8 MiB.
 */
async function* linePieces(chunks: AsyncIterable<Buffer>, most = PIECE_BYTES): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    waiting.push(chunk);
    bytes += chunk.length;
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    if (bytes < most || end === 0) continue;
    const rest = chunk.subarray(end);
    yield Buffer.concat(waiting, bytes - rest.length);
    [waiting, bytes] = [[rest], rest.length];
  }
  if (bytes > 0) yield Buffer.concat(waiting, bytes);
}
