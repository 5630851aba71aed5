import type { BusinessDate } from '../../domain/business-date';
import type { Pipeline } from '../../domain/pipeline';
import { hourSegments } from './hour-segments';
import { FIRST_YEAR, LAST_YEAR, isKnownDate, localGaps } from './dst-gaps';
import { shortened } from './json-value';
import { literal, literals } from '../duckdb/sql';

/** The times that a fast path has to know: those of one hour of a day, or those of a few dates. */
export type TimeScope = { readonly date: BusinessDate; readonly hour: string } | { readonly dates: readonly string[] };

/** Proof, cheaper than the whole rule, that a time is valid and within a scope. */
export interface FastTime {
  /** A regular expression (RE2) for the value without quotes. */
  readonly pattern: string;
  /** What must hold as well, as SQL over the matched text. */
  readonly condition?: (text: string) => string;
}

/** The rule for a pipeline's event times, as SQL over an expression of the time column's type. */
export interface TimeRule {
  /** Undefined where no cheap proof exists, as for an hour in which clocks go forward. */
  fast(scope: TimeScope): FastTime | undefined;
  /** The fault of a time that is not null, else NULL. */
  fault(value: string): string;
  /** The local hour, '00' to '23', of a valid time; NULL outside the date. */
  hour(value: string, date: BusinessDate): string;
  /** What all spellings of a valid time have in common, to the millisecond, and no other time has. */
  moment(value: string): string;
  /** The local date and hour of a valid time, such as '2026-11-21 05'. */
  dateAndHour(value: string): string;
}

export function timeRuleOf({ timeZone, events }: Pipeline): TimeRule {
  const { column, format } = events.time;
  switch (format) {
    case 'yyyy-MM-dd HH:mm:ss':
      return localRule(column, format, timeZone, ' ', '');
    case 'yyyy-MM-dd HH:mm:ss.SSS':
      return localRule(column, format, timeZone, ' ', '\\.[0-9]{3}');
    case "yyyy-MM-dd'T'HH:mm:ss":
      return localRule(column, format, timeZone, 'T', '');
    case 'iso':
      return isoRule(column, timeZone);
    case 'epoch-seconds':
      return epochRule(column, timeZone, 1000);
    case 'epoch-milliseconds':
      return epochRule(column, timeZone, 1);
  }
}

const YEAR = '(?:19|20)[0-9]{2}';
const DATE = `${YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])`;
const CLOCK = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]';

function localRule(column: string, format: string, timeZone: string, separator: string, fraction: string): TimeRule {
  const gaps = localGaps(timeZone);
  const gapIn = (value: string): string => {
    const index = `list_position(${literals(gaps.map(({ date }) => date))}, left(${value}, 10))`;
    const clock = `substr(${value}, 12)`;
    const bound = (side: 'from' | 'to'): string => `${literals(gaps.map((gap) => gap[side]))}[${index}]`;
    return `coalesce(${clock} >= ${bound('from')} AND ${clock} < ${bound('to')}, false)`;
  };
  return {
    fast(scope) {
      if ('dates' in scope) {
        const dates = scope.dates.filter((date) => isKnownDate(date) && gaps.every((gap) => gap.date !== date));
        return dates.length === 0 ? undefined : { pattern: `(?:${dates.join('|')})${separator}${CLOCK}${fraction}` };
      }
      const { date, hour } = scope;
      const skips = gaps.some((gap) => gap.date === date && gap.from <= `${hour}:59:59` && gap.to > `${hour}:00:00`);
      return skips || !isKnownDate(date)
        ? undefined
        : { pattern: `${date}${separator}${hour}:[0-5][0-9]:[0-5][0-9]${fraction}` };
    },
    fault: (value) => `CASE
      WHEN NOT regexp_full_match(${value}, ${literal(`${DATE}${separator}${CLOCK}${fraction}`)})
        OR TRY_CAST(left(${value}, 10) AS DATE) IS NULL
        THEN ${misread(column, value, `${format} of the years ${FIRST_YEAR} to ${LAST_YEAR}`)}
      ${gaps.length === 0 ? '' : `WHEN ${gapIn(value)} THEN ${misread(column, value, `a time that exists in ${timeZone}`)}`}
      END`,
    hour: (value, date) => `CASE WHEN left(${value}, 10) = ${literal(date)} THEN substr(${value}, 12, 2) END`,
    moment: (value) => value,
    dateAndHour: (value) => `(left(${value}, 10) || ' ' || substr(${value}, 12, 2))`,
  };
}

function isoRule(column: string, timeZone: string): TimeRule {
  const shape = `${DATE}T${CLOCK}(?:\\.[0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])`;
  // Without the fraction, so that no rounding moves a record into the next hour.
  const instant = (text: string): string =>
    `epoch_ms(TRY_CAST(regexp_replace(${text}, '\\.[0-9]+', '') AS TIMESTAMPTZ))`;
  return {
    fast: (scope) => ({
      pattern: shape,
      condition: (text) => ('hour' in scope ? inHour(instant(text), scope, timeZone) : `${instant(text)} IS NOT NULL`),
    }),
    fault: (value) => `CASE WHEN NOT regexp_full_match(${value}, ${literal(shape)}) OR ${instant(value)} IS NULL
      THEN ${misread(column, value, `ISO 8601 with an offset, of the years ${FIRST_YEAR} to ${LAST_YEAR}`)} END`,
    hour: (value, date) => hourOf(instant(value), date, timeZone),
    moment: (value) => `(${instant(value)} + rpad(regexp_extract(${value}, '\\.([0-9]+)', 1), 3, '0')::BIGINT)`,
    dateAndHour: (value) => dateAndHourOf(instant(value), timeZone),
  };
}

function epochRule(column: string, timeZone: string, unit: 1 | 1000): TimeRule {
  const [first, last] = [Date.UTC(FIRST_YEAR, 0, 1) / unit, Date.UTC(LAST_YEAR + 1, 0, 1) / unit - 1];
  const instant = (value: string): string => `(${value}) * ${unit}`;
  const number = (text: string): string => `TRY_CAST(${text} AS BIGINT)`;
  return {
    fast: (scope) => ({
      pattern: '[1-9][0-9]{0,15}',
      condition: (text) =>
        'hour' in scope
          ? inHour(instant(number(text)), scope, timeZone)
          : `${number(text)} BETWEEN ${first} AND ${last}`,
    }),
    fault: (value) => `CASE WHEN ${value} NOT BETWEEN ${first} AND ${last}
      THEN ${misread(column, `(${value})::VARCHAR`, `${unit === 1 ? 'milliseconds' : 'seconds'} since 1970 of the years ${FIRST_YEAR} to ${LAST_YEAR}`)} END`,
    hour: (value, date) => hourOf(instant(value), date, timeZone),
    moment: (value) => value,
    dateAndHour: (value) => dateAndHourOf(instant(value), timeZone),
  };
}

function misread(column: string, value: string, accepted: string): string {
  return `${literal(`${column} is `)} || ${shortened(value)} || ${literal(`, not ${accepted}`)}`;
}

function inHour(instant: string, scope: { date: BusinessDate; hour: string }, timeZone: string): string {
  const segments = hourSegments(scope.date, timeZone).filter(({ hour }) => hour === scope.hour);
  const within = segments.map(({ start, end }) => `${instant} BETWEEN ${start} AND ${end - 1}`);
  return within.length === 0 ? 'false' : `(${within.join(' OR ')})`;
}

function hourOf(instant: string, date: BusinessDate, timeZone: string): string {
  const segments = hourSegments(date, timeZone);
  const cases = segments.map(
    ({ hour, start, end }) => `WHEN ${instant} BETWEEN ${start} AND ${end - 1} THEN '${hour}'`,
  );
  return `CASE ${cases.join(' ')} END`;
}

function dateAndHourOf(instant: string, timeZone: string): string {
  return `strftime(timezone(${literal(timeZone)}, to_timestamp((${instant}) // 1000)), '%Y-%m-%d %H')`;
}
