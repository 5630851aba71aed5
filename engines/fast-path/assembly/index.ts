/**
 * The inner loop of the day's build, as WebAssembly. It splits lines of known layouts into fields, drops records that
 * were seen before, and collects the columns of the others in Parquet's PLAIN encoding. The same loop in JavaScript
 * takes five times as long. The host, kernel.ts, lays out the memory and writes the configuration.
 *
 * All fields of the configuration have 32 bits.
 */

// ---- Configuration: kernel-exports.ts reads these numbers by their names. ----
export const COLUMN_COUNT: usize = 0;
export const LAYOUT_COUNT: usize = 8;
export const SLOT_MASK: usize = 12;
export const SLOTS: usize = 16;
export const ARENA: usize = 20;
export const ARENA_END: usize = 24;
export const ARENA_LIMIT: usize = 28;
export const MISSES: usize = 32;
export const MISS_LIMIT: usize = 36;
export const ROW_LIMIT: usize = 40;
export const SEGMENT_COUNT: usize = 44;
/** Pairs of i64: seconds or milliseconds, start <= time < end. */
export const SEGMENTS: usize = 64;
export const SEGMENT_BYTES: usize = 16;
/** For each layout: its first step and the number of its steps. */
export const LAYOUTS: usize = 1280;
export const LAYOUT_BYTES: usize = 8;
export const LAYOUT_STEPS: usize = 4;
export const MOST_LAYOUTS: usize = 8;
export const COLUMNS: usize = 1536;
export const COLUMN_BYTES: usize = 32;
export const MOST_COLUMNS: usize = 64;
// For each column, behind its type.
export const COLUMN_VALUES: usize = 4;
export const COLUMN_VALUE_BYTES: usize = 8;
export const COLUMN_PRESENCE: usize = 12;
export const COLUMN_NULLS: usize = 16;
const COLUMN_VALUE_COUNT: usize = 20;
export const STEPS: usize = 16384;
export const STEP_BYTES: usize = 32;
export const MOST_STEPS: usize = 1500;
// For each step, behind its kind.
export const STEP_COLUMN: usize = 4;
export const STEP_TEXT: usize = 8;
export const STEP_TEXT_BYTES: usize = 12;
export const STEP_FRACTION_DIGITS: usize = 16;
/** For each line of the batch, by column: from and to; 0 for none. */
const PLACES: usize = 65536;
const BATCH: i32 = 64;
/** For each line of the batch: hash, place of the key, number of words in the key. */
const KEYS: usize = 4 * 65536;
/** The memory from here on belongs to the host. */
export const FREE: usize = 8 * 65536;
/** For each miss: its position, and the bytes from and to in the text. */
export const MISS_BYTES: usize = 12;

// ---- Kinds of steps; the kinds of values are also the types of columns. ----
export const LITERAL = 0;
export const STRING = 1;
export const INTEGER = 2;
export const DOUBLE = 3;
export const BOOLEAN = 4;
export const LOCAL_TIME = 5;
export const ISO_TIME = 6;
export const EPOCH_TIME = 7;
export const SCALAR = 8;

// ---- Why a scan stopped. ----
export const END = 0;
export const MISS = 1;
export const ROWS_FULL = 2;
export const MISSES_FULL = 3;
export const KEYS_FULL = 4;

export let stopped: i32 = 0;
/** Rows collected in the columns. */
export let rows: i32 = 0;
export let duplicates: i32 = 0;
/** Lines that match no layout and that the host has not taken yet. */
export let misses: i32 = 0;
export let lines: i32 = 0;
let keys: i32 = 0;

export function beginHour(): void {
  const mask = load<u32>(SLOT_MASK);
  memory.fill(load<u32>(SLOTS), 0, (<usize>mask + 1) * 8);
  store<u32>(ARENA_END, load<u32>(ARENA));
  rows = 0;
  duplicates = 0;
  misses = 0;
  lines = 0;
  keys = 0;
}

export function beginGroup(): void {
  rows = 0;
  const count = load<i32>(COLUMN_COUNT);
  for (let column = 0; column < count; column++) {
    const at = COLUMNS + <usize>column * COLUMN_BYTES;
    store<i32>(at, 0, COLUMN_VALUE_BYTES);
    store<i32>(at, 0, COLUMN_NULLS);
    store<i32>(at, 0, COLUMN_VALUE_COUNT);
  }
}

export function beginText(): void {
  lines = 0;
  misses = 0;
}

/**
 * Scans the lines from `from` to `end` of the text that begins at `begin`. A readable zero byte must stand at `end`.
 * Returns where it stopped, which is the beginning of a line or behind the end, and sets `stopped` to the reason. With
 * `pause` it stops before a miss.
 */
export function scan(begin: usize, from: usize, end: usize, pause: bool): usize {
  let at = from;
  stopped = END;
  const rowLimit = load<i32>(ROW_LIMIT);
  const missLimit = load<i32>(MISS_LIMIT);
  while (at <= end) {
    if (rows + BATCH > rowLimit) {
      stopped = ROWS_FULL;
      return at;
    }
    if (misses + BATCH > missLimit) {
      stopped = MISSES_FULL;
      return at;
    }
    if (load<u32>(ARENA_END) >= load<u32>(ARENA_LIMIT)) {
      stopped = KEYS_FULL;
      return at;
    }
    let taken = 0;
    let key: usize = load<u32>(ARENA_END);
    while (taken < BATCH && at <= end) {
      const stop = matchAny(taken, at, end);
      if (stop == 0) {
        if (pause) {
          stopped = MISS;
          break;
        }
        at = noteMiss(begin, at, end);
        continue;
      }
      key = writeKey(taken, key);
      taken++;
      lines++;
      at = stop + 1;
    }
    keep(taken);
    if (stopped == MISS) return at;
  }
  return at;
}

export function forgetMisses(): void {
  misses = 0;
}

/** Records the line at `at` as a miss. Returns the beginning of the next line. */
export function noteMiss(begin: usize, at: usize, end: usize): usize {
  let stop = at;
  while (stop < end && load<u8>(stop) != 10) stop++;
  const place = <usize>load<u32>(MISSES) + <usize>misses * MISS_BYTES;
  store<i32>(place, lines);
  store<i32>(place, <i32>(at - begin), 4);
  store<i32>(place, <i32>(stop - begin), 8);
  misses++;
  lines++;
  return stop + 1;
}

function matchAny(line: i32, at: usize, end: usize): usize {
  const count = load<i32>(LAYOUT_COUNT);
  for (let layout = 0; layout < count; layout++) {
    const stop = match(<usize>layout, line, at, end);
    if (stop != 0) return stop;
  }
  return 0;
}

/** Returns the end of the line, behind trailing blanks, or 0 if the layout does not match. */
function match(layout: usize, line: i32, begin: usize, end: usize): usize {
  const places = PLACES + <usize>line * <usize>load<u32>(COLUMN_COUNT) * 8;
  memory.fill(places, 0, <usize>load<u32>(COLUMN_COUNT) * 8);
  let step: usize = STEPS + <usize>load<u32>(LAYOUTS + layout * LAYOUT_BYTES) * STEP_BYTES;
  const last: usize = step + <usize>load<u32>(LAYOUTS + layout * LAYOUT_BYTES, LAYOUT_STEPS) * STEP_BYTES;
  let at = begin;
  for (; step < last; step += STEP_BYTES) {
    const kind = load<i32>(step);
    if (kind == LITERAL) {
      at = literalEnd(load<u32>(step, STEP_TEXT), load<u32>(step, STEP_TEXT_BYTES), at, end);
    } else if (kind == SCALAR) {
      at = scalarEnd(at, end);
    } else {
      const place = places + <usize>load<u32>(step, STEP_COLUMN) * 8;
      store<u32>(place, <u32>at);
      if (kind == STRING) at = stringEnd(at, end);
      else if (kind == INTEGER) at = integerEnd(at, 18);
      else if (kind == LOCAL_TIME) at = localTimeEnd(step, at, end);
      else if (kind == DOUBLE) at = decimalEnd(at);
      else if (kind == BOOLEAN) at = booleanEnd(at, end);
      else if (kind == ISO_TIME) at = isoTimeEnd(at);
      else at = epochTimeEnd(at);
      store<u32>(place, <u32>at, 4);
    }
    if (at == 0) return 0;
  }
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == 10) return at;
    if (byte != 32 && byte != 9 && byte != 13) return 0;
  }
  return at;
}

// ---- Values: each function returns the position behind the value, or 0. Readable zeros behind the text end any value.
// ----

function literalEnd(text: usize, bytes: usize, from: usize, end: usize): usize {
  if (from + bytes > end) return 0;
  let index: usize = 0;
  for (; index + 8 <= bytes; index += 8) {
    if (load<u64>(text + index) != load<u64>(from + index)) return 0;
  }
  for (; index < bytes; index++) {
    if (load<u8>(text + index) != load<u8>(from + index)) return 0;
  }
  return from + bytes;
}

/** The position of the closing quote of a string without escapes and control characters. */
function stringEnd(from: usize, end: usize): usize {
  let at = from;
  while (true) {
    const bytes = v128.load(at);
    const found = i8x16.bitmask(
      v128.or(
        v128.or(i8x16.eq(bytes, i8x16.splat(0x22)), i8x16.eq(bytes, i8x16.splat(0x5c))),
        i8x16.lt_u(bytes, i8x16.splat(0x20)),
      ),
    );
    if (found != 0) {
      at += ctz(found);
      return at < end && load<u8>(at) == 0x22 ? at : 0;
    }
    at += 16;
  }
}

function digitsEnd(from: usize): usize {
  let at = from;
  while (<u32>load<u8>(at) - 48 < 10) at++;
  return at;
}

/** Rejects -0, since it is another way to write 0. */
function integerEnd(from: usize, mostDigits: usize): usize {
  const begin = load<u8>(from) == 0x2d ? from + 1 : from;
  const end = digitsEnd(begin);
  if (end == begin || end - begin > mostDigits) return 0;
  if (load<u8>(begin) == 48 && (end > begin + 1 || begin > from)) return 0;
  return end;
}

/** At most 15 digits in all: then the division of two exact doubles gives the nearest double. */
function decimalEnd(from: usize): usize {
  const whole = integerEnd(from, 15);
  if (whole == 0 || load<u8>(whole) != 0x2e) return whole;
  const end = digitsEnd(whole + 1);
  return end > whole + 1 && end - from <= 16 ? end : 0;
}

function isWord(word: u32, at: usize): bool {
  return load<u32>(at) == word;
}

const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;
const NULL: u32 = 0x6c6c756e;

function booleanEnd(from: usize, end: usize): usize {
  if (isWord(TRUE, from)) return from + 4;
  return isWord(FALS, from) && load<u8>(from, 4) == 0x65 ? from + 5 : 0;
}

function scalarEnd(from: usize, end: usize): usize {
  if (load<u8>(from) == 0x22) {
    const stop = stringEnd(from + 1, end);
    return stop == 0 ? 0 : stop + 1;
  }
  if (isWord(NULL, from)) return from + 4;
  const word = booleanEnd(from, end);
  return word == 0 ? numberEnd(from) : word;
}

/** Any JSON number. */
function numberEnd(from: usize): usize {
  const begin = load<u8>(from) == 0x2d ? from + 1 : from;
  let at = digitsEnd(begin);
  if (at == begin || (load<u8>(begin) == 48 && at > begin + 1)) return 0;
  if (load<u8>(at) == 0x2e) {
    const fraction = digitsEnd(at + 1);
    if (fraction == at + 1) return 0;
    at = fraction;
  }
  if ((load<u8>(at) | 0x20) != 0x65) return at;
  const sign = load<u8>(at, 1);
  const exponent = sign == 0x2b || sign == 0x2d ? at + 2 : at + 1;
  const stop = digitsEnd(exponent);
  return stop == exponent ? 0 : stop;
}

function isDigit(at: usize): bool {
  return <u32>load<u8>(at) - 48 < 10;
}

/** Two digits below 60. */
function isSixty(at: usize): bool {
  return <u32>load<u8>(at) - 48 < 6 && isDigit(at + 1);
}

/** mm:ss and a fraction, behind the hour and its colon, which are the step's text. */
function localTimeEnd(step: usize, from: usize, end: usize): usize {
  const at = literalEnd(load<u32>(step, STEP_TEXT), load<u32>(step, STEP_TEXT_BYTES), from, end);
  if (at == 0 || !isSixty(at) || load<u8>(at, 2) != 0x3a || !isSixty(at + 3)) return 0;
  const fraction = <usize>load<u32>(step, STEP_FRACTION_DIGITS);
  if (fraction == 0) return at + 5;
  if (load<u8>(at, 5) != 0x2e) return 0;
  for (let index: usize = 0; index < fraction; index++) {
    if (!isDigit(at + 6 + index)) return 0;
  }
  return at + 6 + fraction;
}

function two(at: usize): i32 {
  if (!isDigit(at) || !isDigit(at + 1)) return -1;
  return (<i32>load<u8>(at) - 48) * 10 + <i32>load<u8>(at, 1) - 48;
}

/**
 * yyyy-MM-dd'T'HH:mm:ss in the years 1900 to 2099, up to nine digits of a fraction, and Z or an offset of up to 14:59.
 */
function isoTimeEnd(from: usize): usize {
  const century = two(from);
  const year = century * 100 + two(from + 2);
  const month = two(from + 5);
  const day = two(from + 8);
  const hour = two(from + 11);
  if ((century != 19 && century != 20) || two(from + 2) < 0 || month < 1 || month > 12 || day < 1) return 0;
  if (day > daysOf(year, month) || hour < 0 || hour > 23 || !isSixty(from + 14) || !isSixty(from + 17)) return 0;
  if (load<u8>(from, 4) != 0x2d || load<u8>(from, 7) != 0x2d || load<u8>(from, 10) != 0x54) return 0;
  if (load<u8>(from, 13) != 0x3a || load<u8>(from, 16) != 0x3a) return 0;
  let at = from + 19;
  if (load<u8>(at) == 0x2e) {
    const end = digitsEnd(at + 1);
    if (end == at + 1 || end > at + 10) return 0;
    at = end;
  }
  let offset = 0;
  const sign = load<u8>(at);
  if (sign == 0x5a) at += 1;
  else {
    const hours = two(at + 1);
    if ((sign != 0x2b && sign != 0x2d) || hours < 0 || hours > 14 || load<u8>(at, 3) != 0x3a || !isSixty(at + 4)) return 0;
    offset = hours * 60 + two(at + 4);
    if (sign == 0x2d) offset = -offset;
    at += 6;
  }
  const minutes = hour * 60 + two(from + 14) - offset;
  return isWithin(dayNumber(year, month, day) * 86400 + <i64>minutes * 60 + two(from + 17)) ? at : 0;
}

function daysOf(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && year != 1900 ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/** Days since 1970-01-01. Counts years from March. */
function dayNumber(year: i32, month: i32, day: i32): i64 {
  const years = month > 2 ? year : year - 1;
  const months = (month + 9) % 12;
  const days = years * 365 + years / 4 - years / 100 + years / 400 + (months * 306 + 5) / 10 + day - 1;
  return <i64>(days - 719468);
}

function epochTimeEnd(from: usize): usize {
  const end = digitsEnd(from);
  if (end == from || end - from > 15 || load<u8>(from) == 48) return 0;
  return isWithin(integerAt(from, end)) ? end : 0;
}

function isWithin(time: i64): bool {
  const count = load<i32>(SEGMENT_COUNT);
  for (let index: usize = 0; index < <usize>count; index++) {
    if (load<i64>(SEGMENTS + index * SEGMENT_BYTES) <= time && time < load<i64>(SEGMENTS + index * SEGMENT_BYTES, 8)) return true;
  }
  return false;
}

function integerAt(from: usize, end: usize): i64 {
  let at = load<u8>(from) == 0x2d ? from + 1 : from;
  let value: i64 = 0;
  for (; at < end; at++) value = value * 10 + load<u8>(at) - 48;
  return load<u8>(from) == 0x2d ? -value : value;
}

function decimalAt(from: usize, end: usize): f64 {
  let at = load<u8>(from) == 0x2d ? from + 1 : from;
  let digits: i64 = 0;
  let divisor: f64 = 1;
  let fraction = false;
  for (; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == 0x2e) fraction = true;
    else {
      digits = digits * 10 + byte - 48;
      if (fraction) divisor *= 10;
    }
  }
  const value = <f64>digits / divisor;
  return load<u8>(from) == 0x2d ? -value : value;
}

// ---- Identities: a header with the hash and the number of words, then words of 64 bits. ----

const MULTIPLIER: u64 = 0x9e3779b97f4a7c15;

/** Writes the key of the line at `key`. Returns the position behind it. */
function writeKey(line: i32, key: usize): usize {
  const places = PLACES + <usize>line * <usize>load<u32>(COLUMN_COUNT) * 8;
  const count = <usize>load<u32>(COLUMN_COUNT);
  let end = key + 8;
  let hash: u64 = 0;
  for (let column: usize = 0; column < count; column++) {
    let at = <usize>load<u32>(places + column * 8);
    const to = <usize>load<u32>(places + column * 8, 4);
    // No value contains a line feed. 1.5 and 1.50 are the same number.
    let word: u64 = 10;
    if (at != 0 && load<i32>(COLUMNS + column * COLUMN_BYTES) == DOUBLE) {
      word = reinterpret<u64>(decimalAt(at, to));
    } else if (at != 0) {
      for (; at + 8 <= to; at += 8) {
        word = load<u64>(at);
        store<u64>(end, word);
        end += 8;
        hash = mix(hash, word);
      }
      // A quote, which no value contains, is added at the end: so two different lists of values never give the same
      // words.
      const shift = 8 * <u64>(to - at);
      word = (load<u64>(at) & ((<u64>1 << shift) - 1)) | (<u64>0x22 << shift);
    }
    store<u64>(end, word);
    end += 8;
    hash = mix(hash, word);
  }
  hash = mix(hash, hash >> 29);
  store<u64>(key, (hash & 0xffffffff00000000) | <u64>((end - key) >> 3));
  store<u64>(KEYS + <usize>line * 16, hash);
  store<u32>(KEYS + <usize>line * 16, <u32>key, 8);
  return end;
}

// @ts-ignore: decorator
@inline
function mix(hash: u64, word: u64): u64 {
  const mixed = (hash ^ word) * MULTIPLIER;
  return mixed ^ (mixed >> 32);
}

/** Keeps the lines of the batch whose keys are new. */
function keep(taken: i32): void {
  const mask = <u64>load<u32>(SLOT_MASK);
  const slots = <usize>load<u32>(SLOTS);
  let end = <usize>load<u32>(ARENA_END);
  // All lookups come first, so that the processor waits for their memory accesses together and not one after another.
  for (let line = 0; line < taken; line++) {
    const at = KEYS + <usize>line * 16;
    const hash = load<u64>(at);
    const key = <usize>load<u32>(at, 8);
    const header = load<u64>(key);
    end = key + <usize>(<u32>header) * 8;
    let slot = hash & mask;
    for (;;) {
      const place = slots + <usize>slot * 8;
      const found = load<u64>(place);
      if (found == 0) {
        store<u64>(place, (hash & 0xffffffff00000000) | <u64>key);
        keys++;
        break;
      }
      if ((found ^ hash) >> 32 == 0 && isSame(<usize>(found & 0xffffffff), key, header)) {
        store<u32>(at, 0, 8);
        duplicates++;
        break;
      }
      slot = (slot + 1) & mask;
    }
  }
  if (taken > 0) store<u32>(ARENA_END, <u32>end);
  for (let line = 0; line < taken; line++) {
    if (load<u32>(KEYS + <usize>line * 16, 8) != 0) append(line);
  }
}

function isSame(one: usize, other: usize, header: u64): bool {
  if (load<u64>(one) != header) return false;
  const words = <usize>(<u32>header);
  for (let index: usize = 1; index < words; index++) {
    if (load<u64>(one + index * 8) != load<u64>(other + index * 8)) return false;
  }
  return true;
}

/** Whether the table of keys is so full that its size should be doubled. */
export function isCrowded(): bool {
  return <u32>keys * 2 > load<u32>(SLOT_MASK);
}

/** Moves all keys from another table to the configured one, which must be empty. */
export function rehash(from: usize, slots: u32): void {
  const mask = load<u32>(SLOT_MASK);
  const table = <usize>load<u32>(SLOTS);
  memory.fill(table, 0, (<usize>mask + 1) * 8);
  const fullMask = <u64>mask;
  for (let index: u32 = 0; index < slots; index++) {
    const found = load<u64>(from + <usize>index * 8);
    if (found == 0) continue;
    let slot = hashOfKey(<usize>(found & 0xffffffff)) & fullMask;
    while (load<u64>(table + <usize>slot * 8) != 0) slot = (slot + 1) & fullMask;
    store<u64>(table + <usize>slot * 8, found);
  }
}

function hashOfKey(key: usize): u64 {
  const words = <usize>load<u32>(key);
  let hash: u64 = 0;
  for (let index: usize = 1; index < words; index++) hash = mix(hash, load<u64>(key + index * 8));
  return mix(hash, hash >> 29);
}

/** Adds the line's values to the columns. */
function append(line: i32): void {
  const count = <usize>load<u32>(COLUMN_COUNT);
  const places = PLACES + <usize>line * count * 8;
  for (let index: usize = 0; index < count; index++) {
    const column = COLUMNS + index * COLUMN_BYTES;
    const from = <usize>load<u32>(places + index * 8);
    const presence = <usize>load<u32>(column, COLUMN_PRESENCE) + <usize>(rows >> 3);
    const bit = rows & 7;
    const before = bit == 0 ? 0 : load<u8>(presence);
    if (from == 0) {
      store<u8>(presence, before);
      store<i32>(column, load<i32>(column, COLUMN_NULLS) + 1, COLUMN_NULLS);
      continue;
    }
    store<u8>(presence, before | (1 << bit));
    appendValue(column, from, <usize>load<u32>(places + index * 8, 4));
  }
  rows++;
}

function appendValue(column: usize, from: usize, to: usize): void {
  const type = load<i32>(column);
  const bytes = <usize>load<u32>(column, COLUMN_VALUE_BYTES);
  const at = <usize>load<u32>(column, COLUMN_VALUES) + bytes;
  if (type == STRING) {
    store<u32>(at, <u32>(to - from));
    // Writes beyond the end of the value, into the place of the next one: a call to copy costs more.
    for (let index: usize = 0; index < to - from; index += 16) v128.store(at + 4 + index, v128.load(from + index));
    store<u32>(column, <u32>(bytes + 4 + (to - from)), COLUMN_VALUE_BYTES);
  } else if (type == BOOLEAN) {
    const values = load<u32>(column, COLUMN_VALUE_COUNT);
    const place = <usize>load<u32>(column, COLUMN_VALUES) + <usize>(values >> 3);
    const before = (values & 7) == 0 ? 0 : load<u8>(place);
    store<u8>(place, before | (<u32>(to - from == 4) << (values & 7)));
    store<u32>(column, values + 1, COLUMN_VALUE_COUNT);
    store<u32>(column, (values >> 3) + 1, COLUMN_VALUE_BYTES);
  } else {
    if (type == INTEGER) store<i64>(at, integerAt(from, to));
    else store<f64>(at, decimalAt(from, to));
    store<u32>(column, <u32>(bytes + 8), COLUMN_VALUE_BYTES);
  }
}
