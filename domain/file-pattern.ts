import type { BusinessDate } from './business-date';

/**
 * What `files.pattern` may hold in addition to text and `/`: parts of the date and hour of a file, and any characters.
 */
export const PLACEHOLDERS = ['%Y', '%m', '%d', '%H', '%M', '%-m', '%-d', '%-H', '*'] as const;
export type Placeholder = (typeof PLACEHOLDERS)[number];

export type PatternPart = { readonly text: string } | { readonly placeholder: Placeholder };

/** Of one name: no file system has longer ones. */
const MOST_CHARACTERS = 255;

const PLACEHOLDER = /(%-?[A-Za-z%]|\*)/;

/** Throws a RangeError if the pattern has an unknown placeholder. */
export function partsOfPattern(pattern: string): PatternPart[] {
  return pattern.split(PLACEHOLDER).flatMap((part, index): PatternPart[] => {
    if (index % 2 === 0) return part === '' ? [] : [{ text: part }];
    const placeholder = PLACEHOLDERS.find((known) => known === part);
    if (placeholder === undefined) throw new RangeError(`${part} is none of ${PLACEHOLDERS.join(' ')}`);
    return [{ placeholder }];
  });
}

/** Why the text is not a file pattern; undefined if it is one. */
export function faultOfPattern(pattern: string): string | undefined {
  const segments = pattern.split('/');
  if (pattern.includes('\\')) return 'it has a backslash; folders are separated by /';
  if (segments.some((segment) => segment === ''))
    return 'it begins or ends with / or has two of them; give a path below the folder';
  if (segments.some((segment) => segment === '.' || segment === '..')) return 'it leaves its folder';
  if (segments.some((segment) => segment.length > MOST_CHARACTERS))
    return `a part of it has more than ${MOST_CHARACTERS} characters`;
  if (/%(?!-?[A-Za-z])/.test(pattern)) return 'it has a % that begins no placeholder';
  let parts: PatternPart[];
  try {
    parts = partsOfPattern(pattern);
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : undefined;
  }
  const blurred = parts.findIndex((part, index) => isBlurred(part, parts[index - 1], parts[index + 1]));
  if (blurred !== -1) return 'it has a number without leading zeros beside another number: put text between them';
  const has = (...names: readonly Placeholder[]): boolean =>
    parts.some((part) => 'placeholder' in part && names.includes(part.placeholder));
  if (!has('%Y') || !has('%m', '%-m') || !has('%d', '%-d')) return 'it needs %Y, %m and %d: a file must tell its day';
  if (has('%M') && !has('%H', '%-H')) return 'it has %M, and no %H';
  return undefined;
}

/** Whether where a number without leading zeros begins or ends cannot be told. */
function isBlurred(part: PatternPart, before: PatternPart | undefined, after: PatternPart | undefined): boolean {
  if (!('placeholder' in part) || !part.placeholder.startsWith('%-')) return false;
  const hasDigitBefore = before !== undefined && ('placeholder' in before || /\d$/.test(before.text));
  const hasDigitAfter =
    after !== undefined && ('placeholder' in after ? after.placeholder !== '*' : /^\d/.test(after.text));
  return hasDigitBefore || hasDigitAfter;
}

/** The pattern with the day filled in. */
export function forDate(pattern: string, date: BusinessDate): string {
  return partsOfPattern(pattern)
    .map((part) => ('text' in part ? part.text : (datePart(part.placeholder, date) ?? part.placeholder)))
    .join('');
}

/** What a placeholder stands for on a day; undefined for one that is no part of a date. */
export function datePart(placeholder: Placeholder, date: BusinessDate): string | undefined {
  const [year = '', month = '', day = ''] = date.split('-');
  const parts: Partial<Record<Placeholder, string>> = {
    ...{ '%Y': year, '%m': month, '%d': day },
    ...{ '%-m': String(Number(month)), '%-d': String(Number(day)) },
  };
  return parts[placeholder];
}

/** Whether a file is named by its hour; else a file is a day's. */
export function isHourly(pattern: string): boolean {
  return /%-?H/.test(pattern);
}
