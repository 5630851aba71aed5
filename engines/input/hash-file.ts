import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { hasCode } from '../../domain/errors';
import { bufferFor } from './buffer-for';
import { READ_UNTRUSTED, readUntrustedSync } from '../../clients/storage/local/safe-path';

const CHUNK_BYTES = 4 * 1024 * 1024;

/** Size and SHA-256 (hex) of a file. For a folder they are those of no bytes. */
export async function hashFile(path: string): Promise<{ bytes: number; sha256: string }> {
  try {
    return await hashOf(path);
  } catch (thrown) {
    if (hasCode(thrown, 'EISDIR')) return { bytes: 0, sha256: createHash('sha256').digest('hex') };
    throw thrown;
  }
}

async function hashOf(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256');
  const file = await open(path, READ_UNTRUSTED);
  try {
    const chunk = await bufferFor(file, CHUNK_BYTES);
    let bytes = 0;
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return { bytes, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, bytesRead));
      bytes += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** The SHA-256 (hex) of a file; undefined if the file is not small. Synchronous, which is faster for many files. */
export function hashSmallFile(path: string, most: number): string | undefined {
  const content = readUntrustedSync(path, most);
  return content && createHash('sha256').update(content).digest('hex');
}
