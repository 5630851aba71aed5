import type { BusinessDate } from '../../domain/business-date';
import { datePart, isHourly, partsOfPattern } from '../../domain/file-pattern';
import { ADDED_ENDING, isPacked, unpackedName } from './compression';

/** The names that a pattern gives to a day's files. */
export interface DayNames {
  /**
   * The hour of a path below the input folder; '00' if the pattern has no hour, undefined if the path is not one of
   * the day's. A path may also end in .gz or .zst, in small letters or capitals, and no part of it begins with a dot.
   * If it can be read in several ways, a `*` takes as much as it can, the first one first. The time grows with the
   * product of the two lengths.
   */
  readonly hourOf: (path: string) => string | undefined;
  /** The pattern's folders and its last part. A part that is the same for every file is a text. */
  readonly segments: readonly (string | { matches(name: string): boolean })[];
  /** The beginning of every path of the day. */
  readonly prefix: string;
}

type Part = string | typeof ANY | typeof HOUR | typeof SHORT_HOUR | typeof MINUTE | typeof BREAK;
/** `*`: any characters of one name. */
const ANY = Symbol('*');
/** `%H`: two digits. */
const HOUR = Symbol('%H');
/** `%-H`: one or two digits. */
const SHORT_HOUR = Symbol('%-H');
const MINUTE = Symbol('%M');
/**
 * Stands before a `*` that directly follows a time. Such a `*` must not begin with a letter or digit, so that
 * `….%H*.json` takes .23.json and .23_7.json, but not .231.json.
 */
const BREAK = Symbol('%H*');

export function dayNames(pattern: string, date: BusinessDate): DayNames {
  const segments = pattern.split('/').map((segment) => partsOf(segment, date, isHourly(pattern)));
  const whole = segments.flatMap((parts, index): Part[] => (index === 0 ? parts : ['/', ...parts]));
  const hourOf = matcher(whole, isPacked(pattern) ? /^$/ : ADDED_ENDING);
  const fixed = whole.findIndex((part) => typeof part !== 'string');
  return {
    hourOf: (path) => (path.startsWith('.') || path.includes('/.') ? undefined : hourOf(path)),
    segments: segments.map((parts, index) => {
      const text = textOf(parts);
      if (text !== undefined) return text;
      // With the text that stands around it in a path, which decides whether an hour may have one digit.
      const [before, after] = [index === 0 ? '' : '/', index === segments.length - 1 ? '' : '/'];
      const matches = matcher(
        [before, ...parts, after].filter((part) => part !== ''),
        /^$/,
      );
      return { matches: (name) => !name.startsWith('.') && matches(`${before}${name}${after}`) !== undefined };
    }),
    prefix: unpackedName(whole.slice(0, fixed === -1 ? whole.length : fixed).join('')),
  };
}

function partsOf(segment: string, date: BusinessDate, hourly: boolean): Part[] {
  const parts: Part[] = [];
  let before = '';
  for (const part of partsOfPattern(segment)) {
    const placeholder = 'text' in part ? '' : part.placeholder;
    const isTime = /^%(?:-?[HM]|-[md])$/.test(before) || (!hourly && before === '%d');
    before = placeholder;
    const text = 'text' in part ? part.text : datePart(part.placeholder, date);
    const last = parts.at(-1);
    if (text !== undefined && typeof last === 'string') parts[parts.length - 1] = last + text;
    else if (text !== undefined) parts.push(text);
    else if (placeholder === '%H') parts.push(HOUR);
    else if (placeholder === '%-H') parts.push(SHORT_HOUR);
    else if (placeholder === '%M') parts.push(MINUTE);
    else if (isTime) parts.push(BREAK, ANY);
    else parts.push(ANY);
  }
  return parts;
}

function textOf(parts: readonly Part[]): string | undefined {
  return parts.every((part) => typeof part === 'string') ? parts.join('') : undefined;
}

/** The hour of a name that the parts match, '00' if they have no hour; undefined if they do not match. */
function matcher(parts: readonly Part[], ending: RegExp): (name: string) => string | undefined {
  const repeated = parts.filter((part) => part === HOUR || part === SHORT_HOUR).length > 1;
  const strict = (name: string) => matchOf(parts, ending, name, repeated);
  const loose = parts.map((part, index) => (part === HOUR && standsAlone(parts, index) ? SHORT_HOUR : part));
  if (loose.every((part, index) => part === parts[index])) return strict;
  // Two digits first: if a name has both, they are the hour.
  return (name) => strict(name) ?? matchOf(loose, ending, name, repeated);
}

/** Whether text without a digit stands on both sides: some shippers write hours without a leading zero there. */
function standsAlone(parts: readonly Part[], index: number): boolean {
  const [before, after] = [parts[index - 1], parts[index + 1]];
  return typeof before === 'string' && !/\d$/.test(before) && typeof after === 'string' && !/^\d/.test(after);
}

function matchOf(parts: readonly Part[], ending: RegExp, name: string, repeated: boolean): string | undefined {
  const width = name.length + 1;
  /**
   * Where a part was tried without success. Once is enough, or once per hour if another part must have the same hour.
   */
  const failed = new Uint8Array((parts.length + 1) * width * (repeated ? 25 : 1));
  let hour = '00';
  return matches(0, 0, 24) ? hour : undefined;

  /** @param named the hour so far, 24 for none. */
  function matches(index: number, at: number, named: number): boolean {
    const state = (index * width + at) * (repeated ? 25 : 1) + (repeated ? named : 0);
    if (failed[state] === 1) return false;
    const found = fits(index, at, named);
    if (!found) failed[state] = 1;
    return found;
  }

  function isHour(index: number, at: number, length: number, named: number): boolean {
    const text = name.slice(at, at + length);
    if (text.length < length || !(length === 2 ? /^(?:[01]\d|2[0-3])$/ : /^\d$/).test(text)) return false;
    const value = Number(text);
    if ((named !== 24 && named !== value) || !matches(index + 1, at + length, value)) return false;
    hour = text.padStart(2, '0');
    return true;
  }

  function fits(index: number, at: number, named: number): boolean {
    const part = parts[index];
    switch (part) {
      case undefined:
        return ending.test(name.slice(at));
      case HOUR:
        return isHour(index, at, 2, named);
      case SHORT_HOUR:
        return (name[at] !== '0' && isHour(index, at, 2, named)) || isHour(index, at, 1, named);
      case MINUTE:
        return /^[0-5]\d$/.test(name.slice(at, at + 2)) && matches(index + 1, at + 2, named);
      case ANY:
        return (at < name.length && name[at] !== '/' && matches(index, at + 1, named)) || matches(index + 1, at, named);
      case BREAK:
        return (
          (/^[^A-Za-z0-9/]/.test(name.slice(at, at + 1)) && matches(index + 1, at + 1, named)) ||
          matches(index + 2, at, named)
        );
      default: {
        const text = name.slice(at, at + part.length);
        const isSame = text === part || (index === parts.length - 1 && withSmallEnding(text) === withSmallEnding(part));
        return isSame && matches(index + 1, at + part.length, named);
      }
    }
  }
}

/** Some systems write the ending of a packed file in capitals. */
function withSmallEnding(name: string): string {
  const unpacked = unpackedName(name);
  return unpacked + name.slice(unpacked.length).toLowerCase();
}
