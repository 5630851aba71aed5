import type { BusinessDate } from '../../domain/business-date';
import { columnOf } from '../../domain/event-columns';
import { timeTypeOf, type ColumnType, type Pipeline, type TimeFormat } from '../../domain/pipeline';
import { FIRST_YEAR, LAST_YEAR, localGaps } from './dst-gaps';
import { epochTimesOf, type EpochFormat } from './epoch-times';
import { hourSegments } from './hour-segments';
import { misreadSql } from './reasons';
import { literal, literals } from '../duckdb/sql';

/** The rule for a pipeline's event times, as SQL over an expression of the time column's type. */
export interface TimeRule {
  /** The fault of a time that is not null, else NULL. */
  fault(value: string): string;
  /** The local hour, '00' to '23', of a valid time; NULL if it is not on the date. */
  hour(value: string, date: BusinessDate): string;
  /**
   * A value that is equal for all spellings of a valid time, to the millisecond, and differs for any other time:
   * milliseconds since 1970 as a BIGINT, or local text.
   */
  moment(value: string): string;
  /** The local date and hour of a valid time, such as '2026-11-21 05'. */
  dateAndHour(value: string): string;
}

export function timeRuleOf(pipeline: Pipeline): TimeRule {
  const { timeZone, events } = pipeline;
  const { column, format } = events.time;
  const label = literal(columnOf(events.columns, column)?.label ?? column);
  switch (format) {
    case 'yyyy-MM-dd HH:mm:ss':
    case 'yyyy-MM-dd HH:mm:ss.SSS':
    case "yyyy-MM-dd'T'HH:mm:ss":
      return localRule(label, format, timeZone);
    case 'local':
      return { ...localRule(label, format, timeZone), moment: localMoment };
    case 'iso':
      return isoRule(label, timeZone);
    case 'epoch-seconds':
    case 'epoch-milliseconds':
    case 'epoch-microseconds':
    case 'epoch-nanoseconds':
      return epochRule(label, timeZone, format, timeTypeOf(pipeline));
  }
}

type LocalFormat = Exclude<TimeFormat, EpochFormat | 'iso'>;

interface LocalTime {
  /** What is between date and clock, as RE2. */
  readonly separator: string;
  /** What follows the seconds, as RE2. */
  readonly fraction: string;
}

export const LOCAL_TIMES: Readonly<Record<LocalFormat, LocalTime>> = {
  'yyyy-MM-dd HH:mm:ss': { separator: ' ', fraction: '' },
  'yyyy-MM-dd HH:mm:ss.SSS': { separator: ' ', fraction: '\\.[0-9]{3}' },
  "yyyy-MM-dd'T'HH:mm:ss": { separator: 'T', fraction: '' },
  local: { separator: '[T ]', fraction: '(?:\\.[0-9]{1,9})?' },
};

export function isLocal(format: TimeFormat): format is LocalFormat {
  return format in LOCAL_TIMES;
}

const YEAR = '(?:19|20)[0-9]{2}';
const DATE = `${YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])`;
/** As RE2. */
export const CLOCK = '(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]';

function localRule(label: string, format: LocalFormat, timeZone: string): TimeRule {
  const { separator, fraction } = LOCAL_TIMES[format];
  const accepted = format === 'local' ? 'local text such as 2026-11-21 07:00:00.123' : format;
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
        THEN ${misreadSql(label, value, `${accepted} of the years ${FIRST_YEAR} to ${LAST_YEAR}`)}
      ${gaps.length === 0 ? '' : `WHEN ${gapIn(value)} THEN ${misreadSql(label, value, `a time that exists in ${timeZone}`)}`}
      END`,
    hour: (value, date) => `CASE WHEN left(${value}, 10) = ${literal(date)} THEN substr(${value}, 12, 2) END`,
    moment: (value) => value,
    dateAndHour: (value) => `(left(${value}, 10) || ' ' || substr(${value}, 12, 2))`,
  };
}

/** With `T` and three digits, whatever the text has. */
function localMoment(value: string): string {
  const fraction = `rpad(regexp_extract(${value}, '\\.([0-9]+)', 1), 3, '0')`;
  return `(left(${value}, 10) || 'T' || substr(${value}, 12, 8) || '.' || ${fraction})`;
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

function isoRule(label: string, timeZone: string): TimeRule {
  return {
    fault: (
      value,
    ) => `CASE WHEN NOT regexp_full_match(${value}, ${literal(ISO_TIME)}) OR ${isoInstantSql(value)} IS NULL
      THEN ${misreadSql(label, value, `ISO 8601 with an offset, of the years ${FIRST_YEAR} to ${LAST_YEAR}`)} END`,
    hour: (value, date) => hourOf(isoInstantSql(value), date, timeZone),
    moment: (value) => `(${isoInstantSql(value)} + rpad(regexp_extract(${value}, '\\.([0-9]+)', 1), 3, '0')::BIGINT)`,
    dateAndHour: (value) => dateAndHourOf(isoInstantSql(value), timeZone),
  };
}

function epochRule(label: string, timeZone: string, format: EpochFormat, type: ColumnType): TimeRule {
  const { unit, isValid, instant, likelyUnit } = epochTimesOf(format, type);
  const accepted = `${unit} since 1970 of the years ${FIRST_YEAR} to ${LAST_YEAR}`;
  return {
    fault: (value) => `CASE WHEN NOT ${isValid(value)} THEN ${misreadSql(label, `(${value})::VARCHAR`, accepted)}
      || coalesce('; it looks like ' || ${likelyUnit(value)}, '') END`,
    hour: (value, date) => hourOf(instant(value), date, timeZone),
    moment: instant,
    dateAndHour: (value) => dateAndHourOf(instant(value), timeZone),
  };
}

function hourOf(instant: string, date: BusinessDate, timeZone: string): string {
  const segments = hourSegments(date, timeZone);
  const cases = segments.map(
    ({ hour, start, end }) => `WHEN ${instant} BETWEEN ${start} AND ${end - 1} THEN '${hour}'`,
  );
  return `CASE ${cases.join(' ')} END`;
}

function dateAndHourOf(instant: string, timeZone: string): string {
  return `strftime(timezone(${literal(timeZone)}, make_timestamptz((${instant}) * 1000)), '%Y-%m-%d %H')`;
}
