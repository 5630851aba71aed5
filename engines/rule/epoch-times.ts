import type { ColumnType, TimeFormat } from '../../domain/pipeline';
import { literal } from '../duckdb/sql';
import { FIRST_YEAR, LAST_YEAR } from './dst-gaps';

export type EpochFormat = Extract<TimeFormat, `epoch-${string}`>;

/** The rule for times that are numbers since 1970, as SQL over a number of the time column's type. */
export interface EpochTimes {
  /** The name of the unit. */
  readonly unit: string;
  /** RE2 for the text of any valid time since 1970, without an exponent. Texts of invalid times may match, too. */
  readonly pattern: string;
  /** Whether the number is a valid time. Never true for one that is not finite. */
  readonly isValid: (value: string) => string;
  /** Milliseconds since 1970 of a valid time. The rest is cut off, towards the earlier time. */
  readonly instant: (value: string) => string;
  /** The name of the unit in which an invalid number is a time of the known years; NULL if there is none. */
  readonly likelyUnit: (value: string) => string;
}

/** The limits of the known years, in milliseconds since 1970. */
const FIRST_INSTANT = Date.UTC(FIRST_YEAR, 0, 1);
const LAST_INSTANT = Date.UTC(LAST_YEAR + 1, 0, 1) - 1;

/**
 * Instants, in milliseconds since 1970, that are taken for seconds: those of the known years, which would be in the
 * weeks around the beginning of 1970.
 */
export const LIKELY_SECONDS = { from: FIRST_INSTANT / 1000, to: Math.floor(LAST_INSTANT / 1000) };

interface EpochUnit {
  readonly name: string;
  /** The first and the last whole number of the known years. No JavaScript number holds nanoseconds exactly. */
  readonly first: bigint;
  readonly last: bigint;
  /** A number that is a time of the known years in this unit, too, is taken for one. */
  readonly coarser: EpochUnit | undefined;
  /** SQL of the milliseconds since 1970. */
  readonly instant: (value: string) => string;
}

const SECONDS = unitOf('seconds', 1n, undefined, (value) => `((${value}) * 1000)`);
const MILLISECONDS = unitOf('milliseconds', 1_000n, SECONDS, (value) => value);
const MICROSECONDS = unitOf('microseconds', 1_000_000n, MILLISECONDS, flooredBy(1_000));
const NANOSECONDS = unitOf('nanoseconds', 1_000_000_000n, MICROSECONDS, flooredBy(1_000_000));

const UNITS: Readonly<Record<EpochFormat, EpochUnit>> = {
  'epoch-seconds': SECONDS,
  'epoch-milliseconds': MILLISECONDS,
  'epoch-microseconds': MICROSECONDS,
  'epoch-nanoseconds': NANOSECONDS,
};

/** @param type the type of the time column: a DOUBLE has seconds with a fraction. */
export function epochTimesOf(format: EpochFormat, type: ColumnType): EpochTimes {
  const { name, first, last, coarser, instant } = UNITS[format];
  const digits = `[1-9][0-9]{0,${String(last).length - 1}}`;
  const common = { unit: name, likelyUnit };
  if (type === 'DOUBLE') {
    return {
      ...common,
      pattern: `${digits}(?:\\.[0-9]{1,15})?`,
      isValid: (value) => `coalesce(${instantOfDouble(value)} BETWEEN ${FIRST_INSTANT} AND ${LAST_INSTANT}, false)`,
      instant: instantOfDouble,
    };
  }
  const isCoarser = (value: string): string =>
    coarser === undefined ? '' : ` AND ${value} NOT BETWEEN ${coarser.first} AND ${coarser.last}`;
  return {
    ...common,
    pattern: digits,
    isValid: (value) => `(${value} BETWEEN ${first} AND ${last}${isCoarser(value)})`,
    instant,
  };
}

/**
 * Doubles hold whole microseconds of the known years, though not exactly: 0.123 is a little less than 123 milliseconds.
 * So the number is rounded to microseconds first. `timeExpression` does the same in Druid.
 */
function instantOfDouble(seconds: string): string {
  return `TRY_CAST(floor(round((${seconds}) * 1e6) / 1e3) AS BIGINT)`;
}

/** A division that rounds down, as `//` does not for negative numbers. It cannot overflow. */
function flooredBy(divisor: number): (value: string) => string {
  return (value) => `((${value}) // ${divisor} - ((${value}) % ${divisor} < 0)::BIGINT)`;
}

function likelyUnit(value: string): string {
  const cases = Object.values(UNITS).map(
    ({ name, first, last }) => `WHEN ${value} BETWEEN ${first} AND ${last} THEN ${literal(name)}`,
  );
  return `CASE ${cases.join(' ')} END`;
}

function unitOf(
  name: string,
  perSecond: bigint,
  coarser: EpochUnit | undefined,
  instant: EpochUnit['instant'],
): EpochUnit {
  const first = (BigInt(FIRST_INSTANT) * perSecond) / 1000n;
  const last = (BigInt(LAST_INSTANT + 1) * perSecond) / 1000n - 1n;
  return { name, first, last, coarser, instant };
}
