import { isBusinessDate, type BusinessDate } from './business-date';
import { faultOfPattern, forDate, partsOfPattern } from './file-pattern';

/** What the date of a table by date is written with. */
const DATE_DIGITS: ReadonlyMap<string, string> = new Map([
  ['%Y', '(?<Y>\\d{4})'],
  ['%m', '(?<m>\\d{2})'],
  ['%d', '(?<d>\\d{2})'],
  ['%-m', '(?<m>\\d{1,2})'],
  ['%-d', '(?<d>\\d{1,2})'],
]);

/** One version of a table by date. */
export interface DatedFile {
  readonly file: string;
  /** The first day for which it holds. */
  readonly date: BusinessDate;
}

/** Whether a table has a file for each of its versions, by date, and not one file. */
export function isByDate(file: string): boolean {
  return /%-?[A-Za-z]/.test(file);
}

/** Why the text is not the file of a table; undefined if it is one. A name without a placeholder is taken as it is. */
export function faultOfTableFile(file: string): string | undefined {
  if (!isByDate(file)) return undefined;
  if (file.includes('*')) return 'it has *, so that several files could be the version of one day';
  const fault = faultOfPattern(file);
  if (fault !== undefined) return fault;
  const time = partsOfPattern(file).find((part) => 'placeholder' in part && !DATE_DIGITS.has(part.placeholder));
  if (time === undefined || !('placeholder' in time)) return undefined;
  return `it has ${time.placeholder}, and a table has one version a day: ${[...DATE_DIGITS.keys()].join(' ')}`;
}

/** The beginning of the names of all versions of a table by date. */
export function prefixOfVersions(pattern: string): string {
  const [first] = partsOfPattern(pattern);
  return first !== undefined && 'text' in first ? first.text : '';
}

/**
 * The date in a file's name; undefined if it is no version of the table by date. A date that does not exist names no
 * version.
 */
export function dateOfVersion(pattern: string, file: string): BusinessDate | undefined {
  const { Y = '', m = '', d = '' } = namesOf(pattern).exec(file)?.groups ?? {};
  const date = `${Y}-${m.padStart(2, '0')}-${d.padStart(2, '0')}`;
  // A part that the pattern has twice must be the same in both places.
  return isBusinessDate(date) && forDate(pattern, date) === file ? date : undefined;
}

function namesOf(pattern: string): RegExp {
  const seen = new Set<string>();
  const parts = partsOfPattern(pattern).map((part) => {
    if ('text' in part) return part.text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const digits = DATE_DIGITS.get(part.placeholder) ?? '';
    const group = part.placeholder.replace(/%-?/, '');
    // A group can have its name only once.
    if (seen.has(group)) return digits.replace(/\?<.>/, '?:');
    seen.add(group);
    return digits;
  });
  return new RegExp(`^${parts.join('')}$`, 's');
}

export interface FoundVersions {
  /** The latest one at or before the day. */
  readonly chosen?: DatedFile;
  /** The first of all. */
  readonly oldest?: DatedFile;
}

/** The version of a table by date that holds on a day, among files in any order. */
export function versionOn(files: Iterable<DatedFile>, day: BusinessDate): FoundVersions {
  let found: FoundVersions = {};
  for (const file of files) {
    const { chosen, oldest } = found;
    if (file.date <= day && (chosen === undefined || file.date > chosen.date)) found = { ...found, chosen: file };
    if (oldest === undefined || file.date < oldest.date) found = { ...found, oldest: file };
  }
  return found;
}
