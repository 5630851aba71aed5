import type { BusinessDate } from '../../domain/business-date';
import { isPacked } from './gzip/gzip-name';

/** The hour of a file's name, '00' to '23'; undefined where it is no name of the pattern. */
export type HourOfName = (name: string) => string | undefined;

type Part = string | typeof ANY | typeof HOUR | typeof BREAK;
/** `*`: any characters. */
const ANY = Symbol('*');
/** `%H`: two digits. */
const HOUR = Symbol('%H');
/** Before the `*` straight after %H, which begins with no letter or digit, so that `….%H*.json` takes .23.json and .23_7.json, not .231.json. */
const BREAK = Symbol('%H*');

/**
 * Names that a pattern gives to the files of a day, also with .gz; none begins with a dot. Where a name can be read in several
 * ways, a `*` takes as much as it can, the first one first. The time grows with the product of the two lengths, whatever
 * they hold.
 */
export function hourlyNames(pattern: string, date: BusinessDate): HourOfName {
  const parts = partsOf(forDate(pattern, date));
  const ending = isPacked(pattern) ? /^$/ : /^(?:\.gz)?$/i;
  return (name) => (name.startsWith('.') ? undefined : hourIn(parts, ending, name));
}

/** The pattern with the day filled in. */
export function forDate(pattern: string, date: BusinessDate): string {
  const [year = '', month = '', day = ''] = date.split('-');
  return pattern.replace('%Y', year).replace('%m', month).replace('%d', day);
}

function partsOf(pattern: string): Part[] {
  return pattern.split(/(%H|\*)/).flatMap((part, index, all): Part[] => {
    if (part === '%H') return [HOUR];
    if (part === '*') return all[index - 2] === '%H' && all[index - 1] === '' ? [BREAK, ANY] : [ANY];
    return part === '' ? [] : [part];
  });
}

function hourIn(parts: readonly Part[], ending: RegExp, name: string): string | undefined {
  const width = name.length + 1;
  /** Where a part was tried, in vain: once is enough. */
  const failed = new Uint8Array((parts.length + 1) * width);
  let hour: string | undefined;
  return matches(0, 0) ? hour : undefined;

  function matches(index: number, at: number): boolean {
    const state = index * width + at;
    if (failed[state] === 1) return false;
    const found = fits(index, at);
    if (!found) failed[state] = 1;
    return found;
  }

  function fits(index: number, at: number): boolean {
    const part = parts[index];
    switch (part) {
      case undefined:
        return ending.test(name.slice(at));
      case HOUR:
        hour = name.slice(at, at + 2);
        return /^(?:[01]\d|2[0-3])$/.test(hour) && matches(index + 1, at + 2);
      case ANY:
        return (at < name.length && matches(index, at + 1)) || matches(index + 1, at);
      case BREAK:
        return (/^[^A-Za-z0-9]/.test(name.slice(at, at + 1)) && matches(index + 1, at + 1)) || matches(index + 2, at);
      default:
        return name.startsWith(part, at) && matches(index + 1, at + part.length);
    }
  }
}
