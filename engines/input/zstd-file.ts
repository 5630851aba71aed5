import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { READ_UNTRUSTED } from '../../clients/storage/local/safe-path';
import { messageOf } from '../../domain/errors';
import { unzstd } from '../../clients/zstd';
import type { ReadFile } from './file-bytes';
import type { FileFault } from './gzip/damaged-gzip';
import { hashFile } from './hash-file';

/** The result of reading a file. */
interface ZstdFile {
  readonly bytes: number;
  readonly sha256: string;
  /** Why it is not whole; undefined if it is whole. */
  readonly fault: string | undefined;
}

const READ_BYTES = 1024 * 1024;
/** Unpacked bytes after which other tasks may run: the unpacking blocks this thread. */
const TURN_BYTES = 4 * 1024 * 1024;

/**
 * Unpacks a file of zstd frames as far as possible. At the end it reports what was read. Memory is that of a frame's
 * window, at most 128 MiB.
 */
export async function* readZstd(path: string, onEnd: (read: ZstdFile) => void, start = 0): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let bytes = 0;
  const file = openSync(path, READ_UNTRUSTED);
  try {
    function* packed(): Generator<Buffer> {
      for (;;) {
        const buffer = Buffer.allocUnsafe(READ_BYTES);
        const length = readSync(file, buffer, 0, READ_BYTES, start + bytes);
        if (length === 0) return;
        bytes += length;
        const read = buffer.subarray(0, length);
        hash.update(read);
        yield read;
      }
    }
    let fault: string | undefined;
    try {
      yield* unzstd(packed(), TURN_BYTES);
    } catch (thrown) {
      fault = messageOf(thrown);
    }
    if (fault === undefined) onEnd({ bytes, sha256: hash.digest('hex'), fault });
    else onEnd({ ...(await hashFile(path)), fault });
  } finally {
    closeSync(file);
  }
}

/** What can be unpacked of a file that grew: from the frame that begins at byte `start`, else from the first frame. */
export async function* readZstdFrom(path: string, start: number): AsyncGenerator<Buffer> {
  const file = openSync(path, READ_UNTRUSTED);
  let isFrame: boolean;
  try {
    const buffer = Buffer.alloc(MAGIC.length);
    isFrame = readSync(file, buffer, 0, MAGIC.length, start) === MAGIC.length && buffer.equals(MAGIC);
  } finally {
    closeSync(file);
  }
  yield* readZstd(path, () => undefined, isFrame ? start : 0);
}

const MAGIC = Buffer.from('28b52ffd', 'hex');

/** The decoder's message for data that ends within a frame. */
const CUT = /Incomplete stream/;

/**
 * The same for a file that may be damaged. A cut file gives all that can be unpacked. A file with other damage gives
 * nothing, since the beginning of a frame cannot be searched for.
 */
export async function* readDamagedZstd(path: string, onEnd: (read: ReadFile) => void): AsyncGenerator<Buffer> {
  let checked: ZstdFile | undefined;
  // eslint-disable-next-line @typescript-eslint/no-unused-vars -- to unpack all of it is the check
  for await (const _ of readZstd(path, (read) => (checked = read))) continue;
  const { fault, ...read } = checked ?? { bytes: 0, sha256: '', fault: 'it was not read to its end' };
  if (fault === undefined || CUT.test(fault)) yield* readZstd(path, () => undefined);
  onEnd({ ...read, faults: fault === undefined ? [] : [{ line: 1, ...faultOf(fault) }] });
}

function faultOf(fault: string): Omit<FileFault, 'line'> {
  return CUT.test(fault)
    ? { reason: 'the compressed data ends before its end', isCut: true }
    : { reason: `the compressed data is damaged (${fault}): nothing of it was read` };
}
