import { DaybreakError } from '../../domain/errors';
import { isChanged } from './errors';
import { pauseBefore, type Pauses } from './retry';
import type { Abortable, ObjectVersion, Storage } from './storage';

export interface WholeObject {
  readonly content: Buffer;
  readonly version: ObjectVersion;
}

/** For objects that are replaced so often that no version lasts as long as a read: some 20 seconds in all. */
const CHANGING: Pauses = { attempts: 12, firstPauseMs: 20, longestPauseMs: 5_000 };

/**
 * A small object with its version, for example a pointer that `writeIf` replaces; undefined if there is none. Throws
 * STORAGE_REFUSED if it has more than `most` bytes.
 */
export async function readWhole(
  storage: Storage,
  key: string,
  most: number,
  options: Abortable = {},
): Promise<WholeObject | undefined> {
  for (let tries = 1; ; tries += 1) {
    const found = await storage.find(key, options);
    if (found === undefined) return undefined;
    const { size, version } = found;
    if (size > most) {
      throw new DaybreakError('STORAGE_REFUSED', {
        what: `${storage.describe(key)} has ${size} bytes, and at most ${most} are expected`,
        remedy: 'Move it away: it is not what was written there.',
      });
    }
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of storage.read(key, { ...options, version })) chunks.push(chunk);
      return { content: Buffer.concat(chunks), version };
    } catch (thrown) {
      if (!isChanged(thrown) || tries >= CHANGING.attempts) throw thrown;
    }
    await pauseBefore(tries + 1, CHANGING, options.signal);
  }
}
