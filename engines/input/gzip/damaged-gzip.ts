import { open, type FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { constants, createGunzip } from 'node:zlib';
import { READ_UNTRUSTED } from '../../../clients/storage/local/safe-path';
import { bytesBetween, unpackedChunkBytes } from './gzip-member';
import { isMemberAt, MOST_BROKEN_PARTS, surveyGzip, type GzipPart } from './gzip-survey';
import { hashFile } from '../hash-file';
import { countLineFeeds } from '../framing/line-feeds';

/** A part of a file that cannot be read. */
export interface FileFault {
  /** The first line behind the part, if there is one. Counts from 1. */
  readonly line: number;
  /** Includes the position in the file. */
  readonly reason: string;
  /** True if nothing of the file was read. */
  readonly isWhole?: true;
  /** True if only the end of the file is missing, as of one that is still being written. */
  readonly isCut?: true;
}

interface DamagedGzip {
  readonly bytes: number;
  readonly sha256: string;
  readonly faults: readonly FileFault[];
}

const MOST_CHUNK_BYTES = 4 * 1024 * 1024;
const LINE_FEED = 10;
const LINE_FEED_BYTES = Buffer.from('\n');

/**
 * What can be trusted of a gzip file, unpacked, in chunks. At the end it reports what was read and what cannot be read.
 * A member that is cut gives what it has. A damaged member gives nothing. A line that either of them breaks ends there.
 * A chunk is valid only until the next one is requested.
 */
export async function* readDamagedGzip(path: string, onEnd: (read: DamagedGzip) => void): AsyncGenerator<Buffer> {
  const { bytes, sha256 } = await hashFile(path);
  const file = await open(path, READ_UNTRUSTED);
  try {
    const parts = await surveyGzip(file, bytes);
    if (bytes > 0 && !parts.some(isReadable)) {
      onEnd({ bytes, sha256, faults: [{ line: 1, reason: unreadableBecause(parts), isWhole: true }] });
      return;
    }
    const faults: FileFault[] = [];
    yield* contentOf(file, parts, faults);
    onEnd({ bytes, sha256, faults });
  } finally {
    await file.close();
  }
}

/**
 * The same for a file that grew, from byte `start` on: from the member that begins there, else from the first one.
 * Gives nothing, without an error, if nothing can be read.
 */
export async function* readGzipFrom(path: string, size: number, start: number): AsyncGenerator<Buffer> {
  const file = await open(path, READ_UNTRUSTED);
  try {
    const from = (await isMemberAt(file, size, start)) ? start : 0;
    yield* contentOf(file, await surveyGzip(file, size, from), []);
  } finally {
    await file.close();
  }
}

/** Adds to `faults` while it reads. */
async function* contentOf(file: FileHandle, parts: readonly GzipPart[], faults: FileFault[]): AsyncGenerator<Buffer> {
  let lines = 0;
  let [isOpen, isBroken] = [false, false];
  for (const part of parts) {
    if (isReadable(part)) {
      for await (const chunk of unpacked(file, part)) {
        if (isBroken && isOpen) {
          yield LINE_FEED_BYTES;
          lines += 1;
        }
        lines += countLineFeeds(chunk);
        isOpen = chunk.at(-1) !== LINE_FEED;
        isBroken = false;
        yield chunk;
      }
    }
    if (part.kind === 'whole') continue;
    isBroken = true;
    const isLast = part === parts.at(-1);
    const line = lines + (isOpen ? 2 : 1);
    faults.push({ line, reason: reasonOf(part, isLast), ...(isLast && part.kind === 'cut' && { isCut: true }) });
  }
}

function isReadable({ kind }: GzipPart): boolean {
  return kind === 'whole' || kind === 'cut';
}

async function* unpacked(file: FileHandle, { kind, start, end }: GzipPart): AsyncGenerator<Buffer> {
  const finishFlush = kind === 'cut' ? constants.Z_SYNC_FLUSH : constants.Z_FINISH;
  const gunzip = createGunzip({ chunkSize: unpackedChunkBytes(end - start, MOST_CHUNK_BYTES), finishFlush });
  try {
    yield* pipeline(bytesBetween(file, start, end), gunzip, () => undefined) as AsyncIterable<Buffer>;
  } finally {
    gunzip.destroy();
  }
}

function reasonOf({ kind, start, end, reason }: GzipPart, isLast: boolean): string {
  switch (kind) {
    case 'whole':
    case 'cut':
      return isLast
        ? 'the compressed data ends before its end'
        : `the gzip member at byte ${start} ends before its end, at byte ${end}`;
    case 'damaged':
      return `the gzip member at byte ${start} is damaged (${reason ?? ''}): its ${end - start} bytes were left out`;
    case 'foreign':
      return `after the compressed data at byte ${start} stand ${end - start} bytes that are no gzip member`;
    case 'unread':
      return `the last ${end - start} bytes were left out: before them ${MOST_BROKEN_PARTS} parts of the file cannot be read`;
  }
}

function unreadableBecause(parts: readonly GzipPart[]): string {
  const damaged = parts.find(({ kind }) => kind === 'damaged');
  if (damaged === undefined) return 'it holds no gzip member';
  return `the gzip member at byte ${damaged.start} is damaged (${damaged.reason ?? ''}), and no other can be read`;
}
