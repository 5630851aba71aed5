import { createRequire } from 'node:module';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { ZSTDDecoder } from 'zstddec/stream';

const MODULE = 'zstddec/stream';
/** 512 bytes are 128 blocks at most, of 128 KiB each: what is left before its end costs no more than 16 MiB. */
const PIECE = 512;
/** Packed bytes after which control comes back also if they gave nothing. */
const TURN_BYTES = 1024 * 1024;

let decoder: ZSTDDecoder | undefined;

/** Must be awaited before each use of `zstdChunks`. */
export async function loadZstd(): Promise<void> {
  decoder ??= freshDecoder();
  await decoder.init();
}

/** With a memory of its own: the library has one for each time that it is loaded. */
function freshDecoder(): ZSTDDecoder {
  const load = createRequire(__filename);
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- as Node's documentation says.
  delete load.cache[load.resolve(MODULE)];
  const { ZSTDDecoder: Decoder } = load(MODULE) as { readonly ZSTDDecoder: new () => ZSTDDecoder };
  return new Decoder();
}

/**
 * Unpacks zstd frames, one behind the other, in WebAssembly on this thread: Node 20 has no zstd of its own. Takes of `packed`
 * only what it needs for the next chunk, and may be left before its end, by `return` or in a loop. A chunk may be empty.
 * Throws if a frame is damaged or not whole.
 */
export function* zstdChunks(packed: Iterable<Buffer>): Generator<Buffer> {
  if (decoder === undefined) throw new Error('loadZstd was not awaited');
  const used = decoder;
  let isLeft = false;
  let [fruitless, taken] = [0, 0];
  function* pieces(): Generator<Buffer> {
    for (const bytes of packed) {
      for (let at = 0; at < bytes.length; at += PIECE) {
        fruitless = 0;
        taken += PIECE;
        if (isLeft) return;
        yield bytes.subarray(at, at + PIECE);
      }
    }
  }
  const chunks = used.decodeStreaming(pieces());
  /** The decoder goes on for ever over what is damaged: it takes no byte of it, and gives none. */
  const next = (): Buffer | undefined => {
    const step = chunks.next();
    if (step.done === true) return undefined;
    const { value } = step;
    fruitless = value.length > 0 ? 0 : fruitless + 1;
    if (fruitless > PIECE) {
      // It never gives its memory back. Others that use it now may end; the next one gets a decoder of its own.
      if (decoder === used) decoder = undefined;
      throw new RangeError('no zstd frame');
    }
    return Buffer.from(value.buffer, value.byteOffset, value.length);
  };
  let isDone = false;
  try {
    for (let chunk = next(); chunk !== undefined; chunk = next()) {
      if (chunk.length === 0 && taken < TURN_BYTES) continue;
      taken = 0;
      yield chunk;
    }
    isDone = true;
  } finally {
    isLeft = true;
    // The decoder gives its memory back only at the end of its input.
    if (!isDone && decoder === used) drain(next);
  }
}

/**
 * The same. Other work has its turn after every `turnBytes` unpacked bytes, and after a mebibyte that unpacks to nothing.
 * No chunk is empty.
 */
export async function* unzstd(packed: Iterable<Buffer>, turnBytes: number): AsyncGenerator<Buffer> {
  await loadZstd();
  let bytes = 0;
  for (const chunk of zstdChunks(packed)) {
    if (chunk.length > 0) yield chunk;
    bytes += chunk.length;
    if (chunk.length > 0 && bytes < turnBytes) continue;
    bytes = 0;
    await otherWork();
  }
}

function drain(next: () => unknown): void {
  try {
    while (next() !== undefined);
  } catch {
    // It complains of an input that ends too early.
  }
}
