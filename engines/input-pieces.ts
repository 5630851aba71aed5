import { isUtf8 } from 'node:buffer';
import { DaybreakError } from '../domain/errors';
import { readLargeFile, readSmallFile, type ReadFile } from './input-bytes';
import type { ListedFile } from './input-files';
import { keptBeginning, keptBytes, type QuarantinedRecord } from './quarantine';
import { NOT_UTF8, tooLarge } from './record-framing';

/** Lines of one or several files as valid UTF-8, joined by line feeds. Its text is valid until the next piece is asked for. */
export interface Piece {
  readonly text: Buffer;
  /** The files whose lines these are, in order. Lines are undefined where there is one file: then it is all of them. */
  readonly spans: readonly { readonly file: string; readonly lines: number | undefined }[];
  /**
   * Lines that are no UTF-8 or too large, by their position in the piece; `text` holds a stand-in for each that is no JSON
   * either.
   */
  readonly unreadable: ReadonlyMap<number, UnreadableLine>;
}

/** Why a line is no record, and what the quarantine keeps of it. */
export type UnreadableLine = Pick<QuarantinedRecord, 'reason' | 'text' | 'base64' | 'cutFrom'>;

export interface ReadOptions {
  /** A file was read to its end, before the last of its pieces is given. */
  readonly onFile?: (file: ListedFile, read: ReadFile) => void;
  /** See `readLargeFile`. Default false. */
  readonly carefully?: boolean;
  /** Bytes of the largest record. Default: any. */
  readonly maximumBytes?: number;
}

const PIECE_BYTES = 8 * 1024 * 1024;
const SMALL_BYTES = 256 * 1024;
const LONGEST_LINE = 64 * 1024 * 1024;
const LINE_FEED = 10;
const LINE_FEED_BYTES = Buffer.from('\n');

/**
 * Reads files one after another in pieces of some megabytes: a piece never cuts a line, and small files share one.
 * Throws UNREADABLE_INPUT, and NotWhole unless they are read carefully.
 */
export async function* readPieces(
  files: readonly ListedFile[],
  { onFile, carefully = false, maximumBytes = Infinity }: ReadOptions = {},
): AsyncGenerator<Piece> {
  let small = gatherer(maximumBytes);
  for (const file of files) {
    const isLarge = file.bytes > SMALL_BYTES;
    const whole = isLarge ? undefined : readSmallFile(file);
    if (whole === undefined) {
      yield* small.pieces();
      small = gatherer(maximumBytes);
      yield* readLarge(file, { onFile, carefully: carefully || !isLarge, maximumBytes });
      continue;
    }
    small.add(file.file, whole.content);
    onFile?.(file, whole.read);
    if (small.bytes() < PIECE_BYTES) continue;
    yield* small.pieces();
    small = gatherer(maximumBytes);
  }
  yield* small.pieces();
}

/** The texts of some of the lines of files, by their position among all lines. Throws UNREADABLE_INPUT. */
export async function linesAt(
  files: readonly ListedFile[],
  positions: ReadonlyMap<number, unknown>,
): Promise<Map<number, string>> {
  const texts = new Map<number, string>();
  let position = 0;
  for await (const { text } of readPieces(files, { carefully: true })) {
    for (const line of text.toString().split('\n')) {
      if (positions.has(position)) texts.set(position, line);
      position += 1;
    }
  }
  return texts;
}

function gatherer(maximumBytes: number) {
  const parts: Buffer[] = [];
  const spans: Piece['spans'][number][] = [];
  let bytes = 0;
  return {
    bytes: () => bytes,
    add(file: string, content: Buffer): void {
      if (content.length === 0) return;
      const text = withoutLastLineFeed(content);
      if (spans.length > 0) parts.push(LINE_FEED_BYTES);
      parts.push(text);
      spans.push({ file, lines: countLines(text) });
      bytes += text.length + 1;
    },
    *pieces(): Generator<Piece> {
      if (spans.length > 0) yield toPiece(Buffer.concat(parts), spans, maximumBytes);
    },
  };
}

async function* readLarge(
  file: ListedFile,
  { onFile, carefully, maximumBytes }: { onFile: ReadOptions['onFile']; carefully: boolean; maximumBytes: number },
): AsyncGenerator<Piece> {
  const spans = [{ file: file.file, lines: undefined }];
  const chunks = readLargeFile(file, carefully, (read) => onFile?.(file, read));
  let buffer = Buffer.allocUnsafeSlow(2 * PIECE_BYTES);
  let filled = 0;
  for await (const chunk of chunks) {
    while (filled + chunk.length > buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
    filled += chunk.copy(buffer, filled);
    if (filled < PIECE_BYTES) continue;
    const end = buffer.subarray(0, filled).lastIndexOf(LINE_FEED);
    if (end === -1 && filled > LONGEST_LINE) throw tooLong(file);
    if (end !== -1) yield toPiece(buffer.subarray(0, end), spans, maximumBytes);
    buffer.copyWithin(0, end + 1, filled);
    filled -= end + 1;
  }
  if (filled > 0) yield toPiece(withoutLastLineFeed(buffer.subarray(0, filled)), spans, maximumBytes);
}

function toPiece(text: Buffer, spans: Piece['spans'], maximumBytes: number): Piece {
  if (isUtf8(text) && !hasLongLine(text, maximumBytes)) return { text, spans, unreadable: new Map() };
  const unreadable = new Map<number, UnreadableLine>();
  const lines: Buffer[] = [];
  for (let start = 0; start <= text.length;) {
    const found = text.indexOf(LINE_FEED, start);
    const end = found === -1 ? text.length : found;
    const line = text.subarray(start, end);
    const fault = faultOfBytes(line, maximumBytes);
    if (fault !== undefined) unreadable.set(lines.length, fault);
    lines.push(fault === undefined ? line : STAND_IN);
    start = end + 1;
  }
  return {
    text: Buffer.concat(lines.flatMap((line, index) => (index === 0 ? [line] : [LINE_FEED_BYTES, line]))),
    spans,
    unreadable,
  };
}

function faultOfBytes(line: Buffer, maximumBytes: number): UnreadableLine | undefined {
  if (line.length > maximumBytes) return { reason: tooLarge(maximumBytes), ...keptBeginning(line) };
  return isUtf8(line) ? undefined : { reason: NOT_UTF8, ...keptBytes(line) };
}

/** Looks from one line feed to the last within reach, so that it passes over most lines. */
function hasLongLine(text: Buffer, maximumBytes: number): boolean {
  for (let start = 0; start + maximumBytes < text.length;) {
    const found = text.lastIndexOf(LINE_FEED, start + maximumBytes);
    if (found < start) return true;
    start = found + 1;
  }
  return false;
}

const STAND_IN = Buffer.from('?');

function withoutLastLineFeed(content: Buffer): Buffer {
  return content.at(-1) === LINE_FEED ? content.subarray(0, -1) : content;
}

function countLines(text: Buffer): number {
  let lines = 1;
  for (let at = text.indexOf(LINE_FEED); at !== -1; at = text.indexOf(LINE_FEED, at + 1)) lines += 1;
  return lines;
}

function tooLong({ path }: ListedFile): DaybreakError {
  return new DaybreakError('UNREADABLE_INPUT', {
    what: `the input file ${path} has a line of more than ${LONGEST_LINE / 1024 / 1024} MiB`,
    remedy: 'Move it out of the input folder: it is no file of one record a line.',
  });
}
