import type { LocalHour } from '../../domain/file-hours';
import { timeTypeOf, type ColumnType, type Pipeline, type TimeFormat } from '../../domain/pipeline';
import { isKnownDate, localGaps } from '../rule/dst-gaps';
import { epochTimesOf, LIKELY_SECONDS, type EpochFormat } from '../rule/epoch-times';
import { hourSegments } from '../rule/hour-segments';
import { CLOCK, isLocal, ISO_TIME, isoInstantSql, LOCAL_TIMES } from '../rule/time-rule';

/** Proves that the text of a time is valid and belongs to an hour or to dates. */
export interface TimePattern {
  /** A regular expression (RE2) for the value without quotes. */
  readonly pattern: string;
  /** SQL over the matched text that must hold too. */
  readonly condition?: (text: string) => string;
}

/** How the kernel recognises a time of one hour. */
export type KernelTime =
  | { readonly kind: 'local'; readonly prefix: string; readonly fractionDigits: number }
  | {
      readonly kind: 'iso' | 'epoch';
      /** In the unit of the times (seconds for ISO times): start <= time < end. */
      readonly segments: readonly { readonly start: number; readonly end: number }[];
    };

type KernelFormat =
  | { readonly kind: 'local'; readonly separator: ' ' | 'T'; readonly fractionDigits: number }
  /** `unit` of the times, in milliseconds. */
  | { readonly kind: 'iso' | 'epoch'; readonly unit: 1 | 1000 };

/** Undefined for formats that the kernel does not read. */
const KERNEL_FORMATS: Readonly<Record<TimeFormat, KernelFormat | undefined>> = {
  'yyyy-MM-dd HH:mm:ss': { kind: 'local', separator: ' ', fractionDigits: 0 },
  'yyyy-MM-dd HH:mm:ss.SSS': { kind: 'local', separator: ' ', fractionDigits: 3 },
  "yyyy-MM-dd'T'HH:mm:ss": { kind: 'local', separator: 'T', fractionDigits: 0 },
  local: undefined,
  iso: { kind: 'iso', unit: 1000 },
  'epoch-seconds': { kind: 'epoch', unit: 1000 },
  'epoch-milliseconds': { kind: 'epoch', unit: 1 },
  'epoch-microseconds': undefined,
  'epoch-nanoseconds': undefined,
};

/**
 * How the kernel recognises times of the hour. Undefined if it does not read their format, for unknown years, if clocks
 * skip a part of the hour, and if a number may be one of seconds.
 */
export function kernelTimeOf(pipeline: Pipeline, { date, hour }: LocalHour): KernelTime | undefined {
  const { timeZone, events } = pipeline;
  const format = KERNEL_FORMATS[events.time.format];
  const segments = hourSegments(date, timeZone).filter((segment) => segment.hour === hour);
  if (format === undefined || segments.length === 0 || !isKnownDate(date)) return undefined;
  if (format.kind === 'local') {
    const { separator, fractionDigits } = format;
    if (isSkipped({ date, hour }, timeZone)) return undefined;
    return { kind: 'local', prefix: `${date}${separator}${hour}:`, fractionDigits };
  }
  const { kind, unit } = format;
  const mayBeSeconds = segments.some(({ start, end }) => start <= LIKELY_SECONDS.to && end > LIKELY_SECONDS.from);
  if ((unit === 1 && mayBeSeconds) || timeTypeOf(pipeline) === 'DOUBLE') return undefined;
  return { kind, segments: segments.map(({ start, end }) => ({ start: start / unit, end: end / unit })) };
}

/** The same as a regular expression, for every format. */
export function timePatternOfHour(pipeline: Pipeline, { date, hour }: LocalHour): TimePattern | undefined {
  const { timeZone, events } = pipeline;
  const { format } = events.time;
  if (isLocal(format)) {
    const { separator, fraction } = LOCAL_TIMES[format];
    if (isSkipped({ date, hour }, timeZone) || !isKnownDate(date)) return undefined;
    return { pattern: `${date}${separator}${hour}:[0-5][0-9]:[0-5][0-9]${fraction}` };
  }
  const segments = hourSegments(date, timeZone).filter((segment) => segment.hour === hour);
  return instantPattern(format, timeTypeOf(pipeline), (instant) => {
    const within = segments.map(({ start, end }) => `${instant} BETWEEN ${start} AND ${end - 1}`);
    return within.length === 0 ? 'false' : `(${within.join(' OR ')})`;
  });
}

/** The same for local times of the dates. Instants may be of any date. */
export function timePatternOfDates(pipeline: Pipeline, dates: readonly string[]): TimePattern | undefined {
  const { format } = pipeline.events.time;
  if (!isLocal(format)) {
    return instantPattern(format, timeTypeOf(pipeline), (instant) => `${instant} IS NOT NULL`);
  }
  const { separator, fraction } = LOCAL_TIMES[format];
  const gaps = localGaps(pipeline.timeZone);
  const whole = dates.filter((date) => isKnownDate(date) && gaps.every((gap) => gap.date !== date));
  return whole.length === 0 ? undefined : { pattern: `(?:${whole.join('|')})${separator}${CLOCK}${fraction}` };
}

/** `holds` gives the condition on an instant in milliseconds. */
function instantPattern(
  format: EpochFormat | 'iso',
  type: ColumnType,
  holds: (instant: string) => string,
): TimePattern {
  if (format === 'iso') return { pattern: ISO_TIME, condition: (text) => holds(isoInstantSql(text)) };
  const { pattern, isValid, instant } = epochTimesOf(format, type);
  const number = (text: string): string => `TRY_CAST(${text} AS ${type})`;
  return { pattern, condition: (text) => `(${isValid(number(text))} AND ${holds(instant(number(text)))})` };
}

/** Whether clocks skip a part of the hour. */
function isSkipped({ date, hour }: LocalHour, timeZone: string): boolean {
  return localGaps(timeZone).some(
    (gap) => gap.date === date && gap.from <= `${hour}:59:59` && gap.to > `${hour}:00:00`,
  );
}
