import { ZSTDDecoder } from 'zstddec/stream';

const zstd = new ZSTDDecoder();
/** 512 bytes are at most 128 blocks of 128 KiB each: unpacking what is left of them costs at most 16 MiB. */
const PIECE = 512;

/** Must have been awaited once before `zstdChunks` is called. */
export function loadZstd(): Promise<void> {
  return zstd.init();
}

/**
 * Unpacks consecutive zstd frames, in WebAssembly on this thread: Node 20 has no zstd of its own. Takes from `packed`
 * only what it needs for the next chunk, and may be left before its end. Throws if a frame is damaged or incomplete.
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
  /** On damaged input the decoder loops forever: it takes no byte and gives none. */
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
    // The decoder frees its memory only at the end of its input.
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
