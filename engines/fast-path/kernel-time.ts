import type { BusinessDate } from '../../domain/business-date';
import type { Pipeline } from '../../domain/pipeline';
import { hourSegments } from '../rule/hour-segments';
import { isKnownDate, localGaps } from '../rule/dst-gaps';

/** How the kernel recognises a time of one hour. */
export type KernelTime =
  | { readonly kind: 'local'; readonly prefix: string; readonly fractionDigits: number }
  | {
      readonly kind: 'iso' | 'epoch';
      /** In the unit of the times, seconds for ISO ones: start <= time < end. */
      readonly segments: readonly { readonly start: number; readonly end: number }[];
    };

/** The time rule of a pipeline for one hour. Undefined for an hour of which clocks skip a part, and for unknown years. */
export function kernelTimeOf({ timeZone, events }: Pipeline, date: BusinessDate, hour: string): KernelTime | undefined {
  const segments = hourSegments(date, timeZone).filter((segment) => segment.hour === hour);
  if (segments.length === 0 || !isKnownDate(date)) return undefined;
  const local = (separator: ' ' | 'T', fractionDigits: number): KernelTime | undefined => {
    const skipped = localGaps(timeZone).some(
      (gap) => gap.date === date && gap.from <= `${hour}:59:59` && gap.to > `${hour}:00:00`,
    );
    return skipped ? undefined : { kind: 'local', prefix: `${date}${separator}${hour}:`, fractionDigits };
  };
  const instants = (kind: 'iso' | 'epoch', unit: number): KernelTime => ({
    kind,
    segments: segments.map(({ start, end }) => ({ start: start / unit, end: end / unit })),
  });
  switch (events.time.format) {
    case 'yyyy-MM-dd HH:mm:ss':
      return local(' ', 0);
    case 'yyyy-MM-dd HH:mm:ss.SSS':
      return local(' ', 3);
    case "yyyy-MM-dd'T'HH:mm:ss":
      return local('T', 0);
    case 'iso':
      return instants('iso', 1000);
    case 'epoch-seconds':
      return instants('epoch', 1000);
    case 'epoch-milliseconds':
      return instants('epoch', 1);
  }
}
