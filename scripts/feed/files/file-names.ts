import { parseBusinessDate } from '../../../domain/business-date';
import { DaybreakError } from '../../../domain/errors';
import { isHourly, partsOfPattern } from '../../../domain/file-pattern';
import type { Pipeline } from '../../../domain/pipeline';
import { dayNames } from '../../../engines/input/file-names';
import { localTimeFormatter } from '../local-time';

const MINUTE = 60_000;
/** More than a day's minutes. */
const REMEMBERED = 3_000;

/** The names of the files that a feed writes: by `files.pattern`, in the zone of `files.timeZone`. */
export class FeedFileNames {
  readonly #pattern: string;
  readonly #localTime: (instant: number) => string;
  readonly #names = new Map<number, string>();

  constructor({ files, timeZone }: Pick<Pipeline, 'files' | 'timeZone'>) {
    this.#pattern = files.pattern;
    this.#localTime = localTimeFormatter(files.timeZone ?? timeZone);
  }

  /**
   * The file of an event at this instant (epoch milliseconds), to which a shipper appends. The `*` stands for an index,
   * which such a file does not have. Throws WRONG_USAGE if readers of the pattern would not find the event's hour in
   * it.
   */
  of(instant: number): string {
    const minute = Math.floor(instant / MINUTE);
    let name = this.#names.get(minute);
    if (name === undefined) {
      name = this.#nameAt(instant, '');
      if (this.#names.size >= REMEMBERED) this.#names.clear();
      this.#names.set(minute, name);
    }
    return name;
  }

  /** The same with an index. Throws WRONG_USAGE also if the pattern has no `*` that could take it. */
  indexed(instant: number, index: number): string {
    if (this.#pattern.includes('*')) return this.#nameAt(instant, `_${index}`);
    throw new DaybreakError('WRONG_USAGE', {
      what: `a live stream writes a new object each minute, and files.pattern '${this.#pattern}' has no * for the index in its name`,
      remedy:
        "Write a * into files.pattern where the index may stand, as in 'names.%Y%m%d.%H*.json'. Or give --output with a local folder, or --no-files.",
    });
  }

  #nameAt(instant: number, index: string): string {
    const time = this.#localTime(instant);
    const name = filledIn(this.#pattern, time, index);
    const hour = isHourly(this.#pattern) ? time.slice(11, 13) : '00';
    if (dayNames(this.#pattern, parseBusinessDate(time.slice(0, 10))).hourOf(name) === hour) return name;
    throw new DaybreakError('WRONG_USAGE', {
      what: `by files.pattern '${this.#pattern}' a file would be called '${name}', and the batch would not read it as the hour ${time.slice(0, 13)}`,
      remedy: 'Put text between the * and the hour in files.pattern, or give --no-files.',
    });
  }
}

/** @param time local, 'yyyy-MM-dd HH:mm:ss'. */
function filledIn(pattern: string, time: string, index: string): string {
  const [year, month, day, hour, minute] = time.split(/[- :]/);
  const short = (digits: string | undefined): string => String(Number(digits));
  const values = {
    ...{ '%Y': year, '%m': month, '%d': day, '%H': hour, '%M': minute },
    ...{ '%-m': short(month), '%-d': short(day), '%-H': short(hour) },
  };
  const parts = partsOfPattern(pattern);
  const last = parts.findLastIndex((part) => 'placeholder' in part && part.placeholder === '*');
  return parts.reduce((name, part, position) => {
    if ('text' in part) return name + part.text;
    if (part.placeholder !== '*') return name + (values[part.placeholder] ?? '');
    // A name that is empty or begins with a dot is no file's.
    const start = name === '' || name.endsWith('/') ? 'part' : '';
    return name + start + (position === last ? index : '');
  }, '');
}
