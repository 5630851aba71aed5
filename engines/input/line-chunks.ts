import { isUtf8 } from 'node:buffer';
import { setImmediate } from 'node:timers/promises';
import type { Framing } from '../../domain/pipeline';
import { readLargeFile, readSmallFile, type ReadFile } from './file-bytes';
import { SMALL_BYTES, type ListedFile } from './listed-file';
import { countLineFeeds, endOfLine, hasLongLine } from './framing/line-feeds';
import { BEGINNING_BYTES, keptBeginning, keptBytes, type QuarantinedRecord } from '../versions/quarantine';
import { NOT_UTF8, tooLarge } from './framing/record-framing';

/**
 * Lines of one or several files as valid UTF-8, joined by line feeds. The text is valid until the next chunk is
 * requested.
 */
export interface Chunk {
  readonly text: Buffer;
  /** The files of these lines, in order. `lines` is undefined if there is only one file, which has all the lines. */
  readonly spans: readonly { readonly file: string; readonly lines: number | undefined }[];
  /**
   * Lines that are not UTF-8 or too large, by their position in the chunk, some thousands at most. For each of them
   * `text` holds a stand-in, which is not JSON either.
   */
  readonly unreadable: ReadonlyMap<number, UnreadableLine>;
}

/** Why a line is not a record, and what the quarantine keeps of it. */
export type UnreadableLine = Pick<QuarantinedRecord, 'reason' | 'text' | 'base64' | 'cutFrom'>;

export interface ReadOptions {
  /** Called when a file was read to its end, before its last chunk is given. */
  readonly onFile?: ((file: ListedFile, read: ReadFile) => void) | undefined;
  /** See `readLargeFile`. Default false. */
  readonly carefully?: boolean;
  /** Size of the largest record in bytes. */
  readonly maximumBytes: number;
  /** Default 'lines'. */
  readonly framing?: Framing;
}

const CHUNK_BYTES = 8 * 1024 * 1024;
/** The largest size of an unpacked small file; a larger one is read in chunks. */
const MOST_UNPACKED_BYTES = 4 * 1024 * 1024;
/** Small files that are read in one go. Nothing else runs meanwhile. */
const FILES_AT_A_STRETCH = 256;
/** Files that are fetched while another one is read. */
const FETCHED_AHEAD = 16;
/** Limits for a chunk. Its other lines begin the next chunk. */
const MOST_UNREADABLE_LINES = 4096;
const MOST_UNREADABLE_BYTES = 8 * 1024 * 1024;
/** Bytes of lines that are checked together. Lines are checked one by one only if one of them is unreadable. */
const BLOCK_BYTES = 16 * 1024;
const LINE_FEED = 10;
const LINE_FEED_BYTES = Buffer.from('\n');

/**
 * Reads files one after another in chunks of some megabytes. A chunk never cuts a line, and small files share one. Of a
 * line that is too large only the beginning is held. Throws UNREADABLE_INPUT, and NotWhole unless it reads carefully.
 */
export async function* readChunks(
  files: readonly ListedFile[],
  { onFile, carefully = false, maximumBytes, framing = 'lines' }: ReadOptions,
): AsyncGenerator<Chunk> {
  let small = gatherer(maximumBytes);
  let read = 0;
  for (const file of files) {
    read += 1;
    if (read % FILES_AT_A_STRETCH === 0) await setImmediate();
    if (file.fetch !== undefined && file.stream === undefined) {
      await fetched(file.fetch, files.slice(read, read + FETCHED_AHEAD));
    }
    const isLarge = file.bytes > SMALL_BYTES || file.range !== undefined;
    const whole = isLarge ? 'large' : readSmallFile(file, MOST_UNPACKED_BYTES, { framing });
    if (whole === 'large' || whole === 'damaged') {
      yield* small.chunks();
      small = gatherer(maximumBytes);
      yield* readLarge(file, { onFile, carefully: carefully || whole === 'damaged', maximumBytes, framing });
      continue;
    }
    small.add(file.file, whole.content);
    onFile?.(file, whole.read);
    if (small.bytes() < CHUNK_BYTES) continue;
    yield* small.chunks();
    small = gatherer(maximumBytes);
  }
  yield* small.chunks();
}

/**
 * The lines at the given positions among all lines of the files, in order. Positions behind the last line are left out.
 * With `onFile` the files are read to their end, otherwise only to the last of these lines. Throws UNREADABLE_INPUT.
 */
export async function* linesAt(
  files: readonly ListedFile[],
  positions: ReadonlyMap<number, unknown>,
  options: Omit<ReadOptions, 'carefully'>,
): AsyncGenerator<{ readonly position: number; readonly text: string }> {
  const wanted = [...positions.keys()].sort((a, b) => a - b);
  let [first, next] = [0, 0];
  for await (const { text } of readChunks(files, { ...options, carefully: true })) {
    const lines = countLineFeeds(text) + 1;
    let [line, start] = [0, 0];
    for (let position = wanted[next]; position !== undefined && position < first + lines; position = wanted[next]) {
      for (; line < position - first; line += 1) start = endOfLine(text, start) + 1;
      yield { position, text: text.toString('utf8', start, endOfLine(text, start)) };
      next += 1;
    }
    first += lines;
    if (options.onFile === undefined && next === wanted.length) return;
  }
}

/** Waits for a file, while the next ones are fetched. */
async function fetched(fetch: NonNullable<ListedFile['fetch']>, next: readonly ListedFile[]): Promise<void> {
  const now = fetch();
  // Their own turn reports their failures.
  for (const file of next) if (file.stream === undefined) file.fetch?.().catch(() => undefined);
  await now;
}

function gatherer(maximumBytes: number) {
  const parts: Buffer[] = [];
  const spans: { readonly file: string; readonly lines: number }[] = [];
  let bytes = 0;
  return {
    bytes: () => bytes,
    add(file: string, content: Buffer): void {
      if (content.length === 0) return;
      const text = withoutLastLineFeed(content);
      if (spans.length > 0) parts.push(LINE_FEED_BYTES);
      parts.push(text);
      spans.push({ file, lines: countLineFeeds(text) + 1 });
      bytes += text.length + 1;
    },
    async *chunks(): AsyncGenerator<Chunk> {
      if (spans.length > 0) yield* toChunks(Buffer.concat(parts), spans, maximumBytes);
    },
  };
}

async function* readLarge(
  file: ListedFile,
  { onFile, carefully, maximumBytes, framing }: Required<Omit<ReadOptions, 'onFile'>> & Pick<ReadOptions, 'onFile'>,
): AsyncGenerator<Chunk> {
  const spans = [{ file: file.file, lines: undefined }];
  const chunks = readLargeFile(file, { carefully, framing }, (read) => onFile?.(file, read));
  // It grows where a file unpacks to more.
  let buffer = Buffer.allocUnsafeSlow(2 * Math.min(Math.max(file.bytes, SMALL_BYTES), CHUNK_BYTES));
  let filled = 0;
  let skipped: LargeLine | undefined;
  for await (const chunk of chunks) {
    let rest = chunk;
    if (skipped !== undefined) {
      const end = endOfLine(chunk, 0);
      skipped.add(chunk.subarray(0, end));
      if (end === chunk.length) continue;
      yield skipped.chunk(spans, maximumBytes);
      skipped = undefined;
      rest = chunk.subarray(end + 1);
    }
    while (filled + rest.length > buffer.length) buffer = Buffer.concat([buffer], 2 * buffer.length);
    filled += rest.copy(buffer, filled);
    if (filled < CHUNK_BYTES) continue;
    const end = buffer.subarray(0, filled).lastIndexOf(LINE_FEED);
    if (end !== -1) yield* toChunks(buffer.subarray(0, end), spans, maximumBytes);
    buffer.copyWithin(0, end + 1, filled);
    filled -= end + 1;
    if (filled <= maximumBytes) continue;
    skipped = new LargeLine(buffer.subarray(0, filled));
    filled = 0;
  }
  if (skipped !== undefined) yield skipped.chunk(spans, maximumBytes);
  if (filled > 0) yield* toChunks(withoutLastLineFeed(buffer.subarray(0, filled)), spans, maximumBytes);
}

/** A few bytes more, so that no character is cut. */
const KEPT_BYTES = BEGINNING_BYTES + 4;

/** A line that is too large. Only its beginning is kept. */
class LargeLine {
  #beginning: Buffer;
  #bytes: number;

  constructor(line: Buffer) {
    this.#beginning = Buffer.from(line.subarray(0, KEPT_BYTES));
    this.#bytes = line.length;
  }

  add(more: Buffer): void {
    const missing = KEPT_BYTES - this.#beginning.length;
    if (missing > 0) this.#beginning = Buffer.concat([this.#beginning, more.subarray(0, missing)]);
    this.#bytes += more.length;
  }

  chunk(spans: Chunk['spans'], maximumBytes: number): Chunk {
    const fault = { reason: tooLarge(maximumBytes), ...keptBeginning(this.#beginning, this.#bytes) };
    return { text: STAND_IN, spans, unreadable: new Map([[0, fault]]) };
  }
}

/** Overwrites the text if some of its lines are unreadable. */
async function* toChunks(text: Buffer, spans: Chunk['spans'], maximumBytes: number): AsyncGenerator<Chunk> {
  if (isReadable(text, maximumBytes)) {
    yield { text, spans, unreadable: new Map() };
    return;
  }
  const files = new Spans(spans);
  let unreadable = new Map<number, UnreadableLine>();
  let [begin, filled, lines, kept] = [0, 0, 0, 0];
  for (let start = 0; start <= text.length;) {
    const blockEnd = endOfLine(text, Math.min(start + BLOCK_BYTES, text.length));
    const isGood = isReadable(text.subarray(start, blockEnd), maximumBytes);
    while (start <= blockEnd) {
      const part = text.subarray(start, isGood ? blockEnd : endOfLine(text, start));
      const fault = isGood ? undefined : faultOfBytes(part, maximumBytes);
      start += part.length + 1;
      lines += isGood ? countLineFeeds(part) + 1 : 1;
      // No unreadable line is shorter than its stand-in.
      filled += (fault === undefined ? part : STAND_IN).copy(text, filled);
      if (fault !== undefined) {
        unreadable.set(lines - 1, fault);
        kept += fault.text.length + (fault.base64?.length ?? 0);
      }
      if (start <= text.length && unreadable.size < MOST_UNREADABLE_LINES && kept < MOST_UNREADABLE_BYTES) {
        text[filled] = LINE_FEED;
        filled += 1;
        continue;
      }
      yield { text: text.subarray(begin, filled), spans: files.take(lines), unreadable };
      unreadable = new Map();
      [begin, lines, kept] = [filled, 0, 0];
    }
    await setImmediate();
  }
}

function isReadable(lines: Buffer, maximumBytes: number): boolean {
  return isUtf8(lines) && !hasLongLine(lines, maximumBytes);
}

/** The files of a chunk, split among consecutive parts of it. */
class Spans {
  readonly #left: { readonly file: string; lines: number | undefined }[];

  constructor(spans: Chunk['spans']) {
    this.#left = spans.map((span) => ({ ...span }));
  }

  /** The spans of the next lines. */
  take(lines: number): Chunk['spans'] {
    const taken: { readonly file: string; readonly lines: number | undefined }[] = [];
    let wanted = lines;
    for (let span = this.#left[0]; span !== undefined && wanted > 0; span = this.#left[0]) {
      if (span.lines === undefined) return [span];
      const some = Math.min(span.lines, wanted);
      taken.push({ file: span.file, lines: some });
      wanted -= some;
      span.lines -= some;
      if (span.lines === 0) this.#left.shift();
    }
    return taken;
  }
}

function faultOfBytes(line: Buffer, maximumBytes: number): UnreadableLine | undefined {
  if (line.length > maximumBytes) return { reason: tooLarge(maximumBytes), ...keptBeginning(line, line.length) };
  return isUtf8(line) ? undefined : { reason: NOT_UTF8, ...keptBytes(line) };
}

const STAND_IN = Buffer.from('?');

function withoutLastLineFeed(content: Buffer): Buffer {
  return content.at(-1) === LINE_FEED ? content.subarray(0, -1) : content;
}
