import type { FileHandle } from 'node:fs/promises';

/** A file may grow while it is read, and what is no plain file may say that it has no bytes. */
const LEAST_BYTES = 64 * 1024;

/**
 * A buffer to read a file with, at most this large. Days have many small files. If each had a large buffer, the garbage
 * collector would run all the time.
 */
export async function bufferFor(file: FileHandle, most: number): Promise<Buffer> {
  const { size } = await file.stat();
  return Buffer.allocUnsafeSlow(Math.min(most, Math.max(LEAST_BYTES, size)));
}
