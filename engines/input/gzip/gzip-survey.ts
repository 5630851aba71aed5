import type { FileHandle } from 'node:fs/promises';
import { beginsMember, bytesAt, bytesBetween, checkMember, TRAILER_BYTES } from './gzip-member';

/** Bytes of a gzip file from `start` to before `end`. Bytes that belong to no part are zero padding. */
export interface GzipPart {
  /**
   * `whole`: one or several members. `cut`: a member without its end; what it has can be unpacked. `damaged`: a member
   * that cannot be trusted at all. `foreign`: no member. `unread`: the rest of the file, because too much before it
   * could not be read.
   */
  readonly kind: 'whole' | 'cut' | 'damaged' | 'foreign' | 'unread';
  readonly start: number;
  readonly end: number;
  /** Only of a damaged member. */
  readonly reason?: string;
}

const WINDOW_BYTES = 1024 * 1024;
/** This much of a member must unpack, so that bytes that only look like a member are not taken for one. */
const SAMPLE_BYTES = 64 * 1024;

/**
 * Parts of a file that cannot be read. A file with more was made so on purpose, and each costs a check of all bytes
 * behind it.
 */
export const MOST_BROKEN_PARTS = 1000;
/** Places in a file that begin like a member. By chance that happens once in some million bytes. */
const MOST_CANDIDATES = 10_000;

/**
 * Finds out what can be read of a gzip file from byte `from` to `size`. Unpacks all of it, in bounded memory.
 *
 * A loss of power leaves zeros, or half of a member directly followed by the next one. So it searches for the next
 * member behind each part that cannot be read.
 */
export async function surveyGzip(file: FileHandle, size: number, from = 0): Promise<GzipPart[]> {
  const parts: GzipPart[] = [];
  const left = { broken: MOST_BROKEN_PARTS, candidates: MOST_CANDIDATES };
  for (let at = from; ;) {
    const start = await skipZeros(file, at, size);
    if (start === size) return parts;
    const member = beginsMember(await bytesAt(file, start, Math.min(size, start + HEADER_BYTES)))
      ? await checkMember(file, start, size)
      : undefined;
    if (member?.kind === 'whole') {
      at = member.end;
      const last = parts.at(-1);
      if (last?.kind === 'whole' && last.end === start) parts[parts.length - 1] = { ...last, end: at };
      else parts.push({ kind: 'whole', start, end: at });
      continue;
    }
    if (left.broken === 0) return [...parts, { kind: 'unread', start, end: size }];
    left.broken -= 1;
    at = (await findMember(file, start + 1, size, left)) ?? size;
    const end = await withoutZeros(file, start + 1, at);
    parts.push(
      member === undefined ? { kind: 'foreign', start, end } : await brokenMember(file, { start, end, next: at }),
    );
  }
}

/** Whether the bytes from `start` on, without zero padding, are a member, or there are none. */
export async function isMemberAt(file: FileHandle, size: number, start: number): Promise<boolean> {
  const at = await skipZeros(file, start, size);
  return at === size || (await isMember(file, at, size));
}

const HEADER_BYTES = 10;
const SIGNATURE = Buffer.from([0x1f, 0x8b, 0x08]);

/** Checks a member that is not whole, without the next member and the zeros before that: neither belongs to it. */
async function brokenMember(
  file: FileHandle,
  { start, end, next }: { readonly start: number; readonly end: number; readonly next: number },
): Promise<GzipPart> {
  const member = await checkMember(file, start, end);
  if (member.kind === 'damaged') return { kind: 'damaged', start, end: next, reason: member.reason };
  // The last bytes of a member can be zeros too.
  const withZeros = await checkMember(file, start, Math.min(next, end + TRAILER_BYTES));
  return withZeros.kind === 'damaged' && withZeros.unpacks
    ? { kind: 'damaged', start, end: next, reason: withZeros.reason }
    : { kind: 'cut', start, end };
}

/**
 * The position of the first member at or behind `from`. Undefined if there is none, or if too many places begin like
 * one.
 */
async function findMember(
  file: FileHandle,
  from: number,
  size: number,
  left: { candidates: number },
): Promise<number | undefined> {
  for (let start = from; start < size; start += WINDOW_BYTES) {
    const window = await bytesAt(file, start, Math.min(size, start + WINDOW_BYTES + SIGNATURE.length - 1));
    for (let at = window.indexOf(SIGNATURE); at !== -1; at = window.indexOf(SIGNATURE, at + 1)) {
      if (left.candidates === 0) return undefined;
      left.candidates -= 1;
      if (await isMember(file, start + at, size)) return start + at;
    }
  }
  return undefined;
}

/** Packed data can have a member's first bytes by chance, but not a whole header with data behind it that unpacks. */
async function isMember(file: FileHandle, at: number, size: number): Promise<boolean> {
  const header = await bytesAt(file, at, Math.min(size, at + HEADER_BYTES));
  if (header.length < HEADER_BYTES || !beginsMember(header)) return false;
  const member = await checkMember(file, at, Math.min(size, at + SAMPLE_BYTES));
  return member.kind !== 'damaged' || member.unpacks;
}

async function skipZeros(file: FileHandle, start: number, end: number): Promise<number> {
  let at = start;
  for await (const chunk of bytesBetween(file, start, end)) {
    const found = chunk.findIndex((byte) => byte !== 0);
    if (found !== -1) return at + found;
    at += chunk.length;
  }
  return end;
}

/** `end` without the zeros before it, but at least `start`. */
async function withoutZeros(file: FileHandle, start: number, end: number): Promise<number> {
  for (let to = end; to > start;) {
    const from = Math.max(start, to - WINDOW_BYTES);
    const last = (await bytesAt(file, from, to)).findLastIndex((byte) => byte !== 0);
    if (last !== -1) return from + last + 1;
    to = from;
  }
  return start;
}
