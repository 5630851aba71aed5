import { addAbortSignal, type Readable } from 'node:stream';
import { DaybreakError, messageOf } from '../../domain/errors';
import { storageError, wrongAnswer } from './errors';
import { pauseBefore, type RetryPolicy } from './retry';

/** One answer of the storage. */
export interface BodyPart {
  readonly stream: Readable;
  /** The number of bytes that the answer announces; undefined if it does not say so. */
  readonly length: number | undefined;
  /** Whether an error of the body says that its checksum is wrong. */
  readonly isDamage?: (thrown: unknown) => boolean;
}

export interface ResumedRead {
  /** Like 'reading s3://bucket/key'. */
  readonly doing: string;
  /**
   * The bytes from an offset on, after its own retries; undefined if none are left. An error that it throws ends the
   * read.
   */
  readonly open: (offset: number) => Promise<BodyPart | undefined>;
  readonly offset: number;
  readonly policy: RetryPolicy;
  readonly signal?: AbortSignal | undefined;
}

/** A body that reconnects where its connection broke. Throws what `open` throws, or STORAGE_FAILED. */
export async function* resumedRead({ doing, open, offset, policy, signal }: ResumedRead): AsyncGenerator<Buffer> {
  let next = offset;
  let fruitless = 0;
  for (;;) {
    signal?.throwIfAborted();
    const part = await open(next);
    if (part === undefined) return;
    const from = next;
    const { length = Infinity } = part;
    try {
      for await (const chunk of chunksOf(part.stream, policy.idleMs, signal)) {
        next += chunk.length;
        if (next - from > length) throw tooMany(doing, length);
        yield chunk;
      }
      if (part.length === undefined || next - from === length) return;
      throw new Error(`the connection ended ${length - (next - from)} bytes too early`);
    } catch (thrown) {
      signal?.throwIfAborted();
      if (thrown instanceof DaybreakError) throw thrown;
      // Bytes that were already handed on cannot be taken back.
      if (next > from && part.isDamage?.(thrown) === true) throw damaged(doing, thrown);
      fruitless = next > from ? 1 : fruitless + 1;
      if (fruitless >= policy.attempts) throw brokenOff(doing, next, fruitless, thrown);
    } finally {
      part.stream.destroy();
    }
    await pauseBefore(fruitless + 1, policy, signal);
  }
}

/** Only the wait for the storage has a time limit. The reader may take its time. */
async function* chunksOf(stream: Readable, idleMs: number, signal?: AbortSignal): AsyncGenerator<Buffer> {
  if (signal) addAbortSignal(signal, stream);
  const chunks: AsyncIterator<unknown, unknown> = stream[Symbol.asyncIterator]();
  for (;;) {
    const timer = setTimeout(() => stream.destroy(new Error(`no byte came for ${idleMs / 1_000} s`)), idleMs);
    const { done, value } = await chunks.next().finally(() => {
      clearTimeout(timer);
    });
    if (done === true) return;
    if (Buffer.isBuffer(value)) yield value;
  }
}

function damaged(doing: string, thrown: unknown): DaybreakError {
  return storageError(doing, {
    code: 'STORAGE_FAILED',
    why: `its bytes are not those that were written: ${messageOf(thrown)}`,
    remedy: 'Run again; if it stays so, write the object again.',
  });
}

function tooMany(doing: string, length: number): DaybreakError {
  return wrongAnswer(doing, `it gives more than the ${length} bytes that there are`);
}

function brokenOff(doing: string, offset: number, times: number, thrown: unknown): DaybreakError {
  return storageError(doing, {
    code: 'STORAGE_FAILED',
    why: `the connection broke ${times} times at byte ${offset}: ${messageOf(thrown)}`,
    remedy: 'See that the storage and the network to it are well; a workflow tries again by itself.',
  });
}
