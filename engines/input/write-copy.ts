import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { DaybreakError, messageOf } from '../../domain/errors';

/**
 * Writes a copy of an object of a storage as it comes, in bounded memory, and makes the folder. Throws what reading it
 * throws, and OUTPUT_FAILED if the copy cannot be written.
 *
 * @param from the object as people write it.
 */
export async function writeCopy(
  from: string,
  content: AsyncIterable<Buffer>,
  path: string,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  try {
    await mkdir(dirname(path), { recursive: true });
    // Unlike a stream that is destroyed, it has closed the file when it fails.
    await writeFile(path, content);
  } catch (cause) {
    signal?.throwIfAborted();
    if (cause instanceof DaybreakError) throw cause;
    throw new DaybreakError('OUTPUT_FAILED', {
      what: `a copy of ${from} cannot be written to ${dirname(path)}: ${messageOf(cause)}`,
      remedy: 'Free space there, as much as the files of the day need, or make it writable.',
      cause,
    });
  }
}

/** The same chunks. Calls `onFetched` with the number of bytes of each. */
export async function* counted(
  content: AsyncIterable<Buffer>,
  onFetched: ((bytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  for await (const chunk of content) {
    onFetched?.(chunk.length);
    yield chunk;
  }
}
