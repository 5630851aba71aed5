import { storageError } from '../../clients/storage/errors';
import { businessDateOf, shiftDate } from '../../domain/business-date';
import { asDaybreakError, type DaybreakError } from '../../domain/errors';
import { fileNamingOf, type Pipeline } from '../../domain/pipeline';
import type { PlaceCheck } from '../model/place-check';
import { dayNames } from './file-names';
import { hourOfFile, withInput } from './input-files';
import type { DatedNames, InputPlace, ListedFile } from './listed-file';

export interface InputCheckOptions {
  /** As for `withInput`. Nothing is copied there. */
  readonly scratch: string;
  readonly now?: Date;
  /** When to stop, in seconds. Default: 60. */
  readonly timeout?: number;
}

/** With a pattern that begins with `*`, the names of every day are listed. S3 gives so many at once. */
const MOST_NAMES = 1_000;

/**
 * Lists the names of yesterday and today in the input's location until the first file, at most 1,000, and reads one byte
 * of that file. Writes nothing. An error that has a code becomes the check's failure.
 */
export async function checkInput(
  pipeline: Pipeline,
  location: string,
  { scratch, now = new Date(), timeout = 60 }: InputCheckOptions,
): Promise<PlaceCheck> {
  const today = businessDateOf(now, fileNamingOf(pipeline).timeZone);
  const days = [shiftDate(today, -1), today].map((date) => ({ date, names: dayNames(pipeline.files.pattern, date) }));
  const signal = AbortSignal.timeout(timeout * 1_000);
  const can: ('list' | 'read')[] = [];
  let place = location;
  let file: string | undefined;
  let note: string | undefined;
  let failure: DaybreakError | undefined;
  try {
    await withInput(location, { scratch, signal }, async (input) => {
      place = input.name;
      const { found, looked } = await firstFile(input, days);
      can.push('list');
      if (found === undefined) {
        note = nothingToRead(days, looked);
        return;
      }
      file = found.file;
      await input.tryRead(found);
      can.push('read');
    });
  } catch (thrown) {
    failure = signal.aborted ? tooSlow(place, timeout) : asDaybreakError(thrown);
  }
  return { of: 'input', place, can, file, note, failure };
}

async function firstFile(
  input: InputPlace,
  days: readonly DatedNames[],
): Promise<{ readonly found?: ListedFile; readonly looked: number }> {
  let looked = 0;
  for await (const { file, listed } of input.candidates(days)) {
    const named = hourOfFile(file, days);
    const found = named && listed(named.hour);
    looked += 1;
    if (found !== undefined && found.unread === undefined) return { found, looked };
    if (looked === MOST_NAMES) break;
  }
  return { looked };
}

function nothingToRead(days: readonly DatedNames[], looked: number): string {
  const none = `no file of ${days.map(({ date }) => date).join(' or ')}`;
  return looked < MOST_NAMES ? `${none} is there to read` : `${none} is among the first ${MOST_NAMES} names`;
}

function tooSlow(place: string, seconds: number): DaybreakError {
  return storageError(`looking into ${place}`, {
    code: 'STORAGE_FAILED',
    why: `it gave no answer within ${seconds} s`,
    remedy: 'See that its address is right, and that nothing between here and there drops the connection.',
  });
}
