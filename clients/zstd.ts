import { ZSTDDecoder } from 'zstddec/stream';

const zstd = new ZSTDDecoder();
/** 512 bytes are 128 blocks at most, of 128 KiB each: what is left before its end costs no more than 16 MiB. */
const PIECE = 512;

/** Must have been awaited once before `zstdChunks`. */
export function loadZstd(): Promise<void> {
  return zstd.init();
}

/**
 * Unpacks zstd frames, one behind the other, in WebAssembly on this thread: Node 20 has no zstd of its own. Takes of `packed`
 * only what it needs for the next chunk, and may be left before its end. Throws where a frame is damaged or not whole.
 */
export function* zstdChunks(packed: Iterable<Buffer>): Generator<Buffer> {
  let isLeft = false;
  let fruitless = 0;
  function* pieces(): Generator<Buffer> {
    for (const bytes of packed) {
      for (let at = 0; at < bytes.length; at += PIECE) {
        fruitless = 0;
        if (isLeft) return;
        yield bytes.subarray(at, at + PIECE);
      }
    }
  }
  const chunks = zstd.decodeStreaming(pieces());
  /** The decoder goes on for ever over what is damaged: it takes no byte of it, and gives none. */
  const next = (): Buffer | undefined => {
    const step = chunks.next();
    if (step.done === true) return undefined;
    const { value } = step;
    fruitless = value.length > 0 ? 0 : fruitless + 1;
    if (fruitless > PIECE) throw new RangeError('no zstd frame');
    return Buffer.from(value.buffer, value.byteOffset, value.length);
  };
  let isDone = false;
  try {
    for (let chunk = next(); chunk !== undefined; chunk = next()) if (chunk.length > 0) yield chunk;
    isDone = true;
  } finally {
    isLeft = true;
    // The decoder gives its memory back only at the end of its input.
    if (!isDone) drain(next);
  }
}

function drain(next: () => unknown): void {
  try {
    while (next() !== undefined);
  } catch {
    // It complains of an input that ends too early.
  }
}
