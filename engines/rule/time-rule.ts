import type { BusinessDate } from '../../domain/business-date';
import type { Pipeline } from '../../domain/pipeline';
import { hourSegments } from './hour-segments';
import { FIRST_YEAR, LAST_YEAR, localGaps } from './dst-gaps';
import { shortened } from './json-value';
import { literal, literals } from '../duckdb/sql';

/** The rule for a pipeline's event times, as SQL over an expression of the time column's type. */
export interface TimeRule {
  /** The fault of a time that is not null, else NULL. */
  fault(value: string): string;
  /** The local hour, '00' to '23', of a valid time; NULL if it is not on the date. */
  hour(value: string, date: BusinessDate): string;
  /** A value that is equal for all spellings of a valid time, to the millisecond, and differs for any other time. */
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
/** As RE2. */
export const CLOCK = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]';

function localRule(column: string, format: string, timeZone: string, separator: string, fraction: string): TimeRule {
  const gaps = localGaps(timeZone);
  const gapIn = (value: string): string => {
    const index = `list_position(${literals(gaps.map(({ date }) => date))}, left(${value}, 10))`;
    const clock = `substr(${value}, 12)`;
    const bound = (side: 'from' | 'to'): string => `${literals(gaps.map((gap) => gap[side]))}[${index}]`;
    return `coalesce(${clock} >= ${bound('from')} AND ${clock} < ${bound('to')}, false)`;
  };
  return {
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

/** As RE2. Some texts that match are not times that exist. */
export const ISO_TIME = `${DATE}T${CLOCK}(?:\\.[0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-4]):?[0-5][0-9])`;

/**
 * Milliseconds since 1970, without the fraction, so that no rounding moves a record into the next hour. NULL if the
 * text is not a time.
 */
export function isoInstantSql(text: string): string {
  return `epoch_ms(TRY_CAST(regexp_replace(${text}, '\\.[0-9]+', '') AS TIMESTAMPTZ))`;
}

function isoRule(column: string, timeZone: string): TimeRule {
  return {
    fault: (
      value,
    ) => `CASE WHEN NOT regexp_full_match(${value}, ${literal(ISO_TIME)}) OR ${isoInstantSql(value)} IS NULL
      THEN ${misread(column, value, `ISO 8601 with an offset, of the years ${FIRST_YEAR} to ${LAST_YEAR}`)} END`,
    hour: (value, date) => hourOf(isoInstantSql(value), date, timeZone),
    moment: (value) => `(${isoInstantSql(value)} + rpad(regexp_extract(${value}, '\\.([0-9]+)', 1), 3, '0')::BIGINT)`,
    dateAndHour: (value) => dateAndHourOf(isoInstantSql(value), timeZone),
  };
}

/** The limits of the known years, in milliseconds since 1970. */
export const FIRST_INSTANT = Date.UTC(FIRST_YEAR, 0, 1);
export const LAST_INSTANT = Date.UTC(LAST_YEAR + 1, 0, 1) - 1;

/**
 * Instants, in milliseconds since 1970, that are taken for seconds: those of the known years, which would be in the
 * weeks around the beginning of 1970.
 */
export const LIKELY_SECONDS = {
  from: Math.ceil(FIRST_INSTANT / 1000),
  to: Math.floor(LAST_INSTANT / 1000),
};

/** SQL that is true if a number since 1970 is a valid time in its unit, the one of so many milliseconds. */
export function isEpochSql(value: string, unit: 1 | 1000): string {
  const known = `${value} BETWEEN ${Math.ceil(FIRST_INSTANT / unit)} AND ${Math.floor(LAST_INSTANT / unit)}`;
  return unit === 1
    ? `(${known} AND ${value} NOT BETWEEN ${LIKELY_SECONDS.from} AND ${LIKELY_SECONDS.to})`
    : `(${known})`;
}

function epochRule(column: string, timeZone: string, unit: 1 | 1000): TimeRule {
  const instant = (value: string): string => `(${value}) * ${unit}`;
  const accepted = `${unit === 1 ? 'milliseconds' : 'seconds'} since 1970 of the years ${FIRST_YEAR} to ${LAST_YEAR}`;
  return {
    fault: (value) => `CASE WHEN NOT ${isEpochSql(value, unit)}
      THEN ${misread(column, `(${value})::VARCHAR`, accepted)} END`,
    hour: (value, date) => hourOf(instant(value), date, timeZone),
    moment: (value) => value,
    dateAndHour: (value) => dateAndHourOf(instant(value), timeZone),
  };
}

function misread(column: string, value: string, accepted: string): string {
  return `${literal(`${column} is `)} || ${shortened(value)} || ${literal(`, not ${accepted}`)}`;
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
