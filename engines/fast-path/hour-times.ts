import type { LocalHour } from '../../domain/file-hours';
import type { Pipeline } from '../../domain/pipeline';
import { isKnownDate, localGaps } from '../rule/dst-gaps';
import { hourSegments } from '../rule/hour-segments';
import { CLOCK, isEpochSql, ISO_TIME, isoInstantSql, LIKELY_SECONDS } from '../rule/time-rule';

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

type Format = Pipeline['events']['time']['format'];
interface LocalFormat {
  readonly separator: ' ' | 'T';
  readonly fractionDigits: number;
}
const LOCAL_FORMATS: Readonly<Partial<Record<Format, LocalFormat>>> = {
  'yyyy-MM-dd HH:mm:ss': { separator: ' ', fractionDigits: 0 },
  'yyyy-MM-dd HH:mm:ss.SSS': { separator: ' ', fractionDigits: 3 },
  "yyyy-MM-dd'T'HH:mm:ss": { separator: 'T', fractionDigits: 0 },
};

/**
 * How the kernel recognises times of the hour. Undefined for unknown years, if clocks skip a part of the hour, and if a
 * number may be one of seconds.
 */
export function kernelTimeOf(pipeline: Pipeline, { date, hour }: LocalHour): KernelTime | undefined {
  const { timeZone, events } = pipeline;
  const segments = hourSegments(date, timeZone).filter((segment) => segment.hour === hour);
  if (segments.length === 0 || !isKnownDate(date)) return undefined;
  const local = LOCAL_FORMATS[events.time.format];
  if (local !== undefined) {
    const { separator, fractionDigits } = local;
    if (isSkipped({ date, hour }, timeZone)) return undefined;
    return { kind: 'local', prefix: `${date}${separator}${hour}:`, fractionDigits };
  }
  const unit = events.time.format === 'epoch-milliseconds' ? 1 : 1000;
  const mayBeSeconds = segments.some(({ start, end }) => start <= LIKELY_SECONDS.to && end > LIKELY_SECONDS.from);
  if (unit === 1 && mayBeSeconds) return undefined;
  return {
    kind: events.time.format === 'iso' ? 'iso' : 'epoch',
    segments: segments.map(({ start, end }) => ({ start: start / unit, end: end / unit })),
  };
}

/** The same as a regular expression. */
export function timePatternOfHour(pipeline: Pipeline, { date, hour }: LocalHour): TimePattern | undefined {
  const { timeZone, events } = pipeline;
  const local = LOCAL_FORMATS[events.time.format];
  if (local !== undefined) {
    if (isSkipped({ date, hour }, timeZone) || !isKnownDate(date)) return undefined;
    return { pattern: `${date}${local.separator}${hour}:[0-5][0-9]:[0-5][0-9]${fractionOf(local)}` };
  }
  const segments = hourSegments(date, timeZone).filter((segment) => segment.hour === hour);
  return instantPattern(events.time.format, (instant) => {
    const within = segments.map(({ start, end }) => `${instant} BETWEEN ${start} AND ${end - 1}`);
    return within.length === 0 ? 'false' : `(${within.join(' OR ')})`;
  });
}

/** The same for local times of the dates. Instants may be of any date. */
export function timePatternOfDates({ timeZone, events }: Pipeline, dates: readonly string[]): TimePattern | undefined {
  const { format } = events.time;
  const local = LOCAL_FORMATS[format];
  if (local === undefined) {
    return instantPattern(format, (instant) => `${instant} IS NOT NULL`);
  }
  const gaps = localGaps(timeZone);
  const whole = dates.filter((date) => isKnownDate(date) && gaps.every((gap) => gap.date !== date));
  return whole.length === 0
    ? undefined
    : { pattern: `(?:${whole.join('|')})${local.separator}${CLOCK}${fractionOf(local)}` };
}

/** `holds` gives the condition on an instant in milliseconds. */
function instantPattern(format: Format, holds: (instant: string) => string): TimePattern {
  if (format === 'iso') return { pattern: ISO_TIME, condition: (text) => holds(isoInstantSql(text)) };
  const unit = format === 'epoch-seconds' ? 1000 : 1;
  const number = (text: string): string => `TRY_CAST(${text} AS BIGINT)`;
  return {
    pattern: EPOCH_TIME,
    condition: (text) => `(${isEpochSql(number(text), unit)} AND ${holds(`(${number(text)}) * ${unit}`)})`,
  };
}

/** Few enough digits that the milliseconds fit into 64 bits. */
const EPOCH_TIME = '[1-9][0-9]{0,14}';

function fractionOf({ fractionDigits }: LocalFormat): string {
  return fractionDigits === 0 ? '' : `\\.[0-9]{${fractionDigits}}`;
}

/** Whether clocks skip a part of the hour. */
function isSkipped({ date, hour }: LocalHour, timeZone: string): boolean {
  return localGaps(timeZone).some(
    (gap) => gap.date === date && gap.from <= `${hour}:59:59` && gap.to > `${hour}:00:00`,
  );
}
