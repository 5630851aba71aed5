import { DaybreakError, type ErrorCode } from '../../domain/errors';

/** The files of targets/. Each has an `open`. */
export const TARGETS = ['kafka', 'files', 'lines', 'settings', 'answers', 'storage', 'transforms', 'versions'] as const;

/** A reader of bytes that somebody else wrote. */
export interface Target {
  /** Inputs to begin with. */
  readonly seeds: readonly (Buffer | string)[];
  /** Pieces of its inputs that chance alone would not find. */
  readonly words: readonly (Buffer | string)[];
  /** Reads the input. Throws if the reader did what no reader may do. */
  read(input: Buffer): Promise<void> | void;
  /** Frees what it uses. */
  close?(): Promise<void>;
}

/** What the reader gave; undefined if it refused the input by one of the codes. Throws any other error. */
export async function unlessRefused<T>(
  codes: readonly ErrorCode[],
  read: () => Promise<T> | T,
): Promise<T | undefined> {
  try {
    return await read();
  } catch (thrown) {
    if (thrown instanceof DaybreakError && codes.includes(thrown.code)) return undefined;
    throw thrown;
  }
}

/** Throws unless the condition holds. */
export function claim(condition: boolean, otherwise: string): void {
  if (!condition) throw new Error(otherwise);
}
