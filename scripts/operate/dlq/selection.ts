import type { DeadLetter } from '../../../activities/speed/dead-letter';
import { dayInterval, isBusinessDate } from '../../../domain/business-date';
import type { DeadLetterCode } from '../../../domain/dead-letter';
import { DaybreakError } from '../../../domain/errors';

/**
 * A selection as the command line gives it. Every condition must hold; of several values of one condition, any may
 * match.
 */
export interface SelectionOptions {
  readonly code?: readonly DeadLetterCode[];
  /** Compared with the original record's timestamp, both included: an instant in ISO 8601, or a local day. */
  readonly from?: string;
  readonly to?: string;
  /** Partition and offsets of the original record, as in `places`. */
  readonly partition?: readonly number[];
  readonly offset?: readonly OffsetSpan[];
  /** 'topic/partition/offset' of original records. */
  readonly places?: readonly string[];
}

/** Offsets from `first` to `last`, both included. */
export interface OffsetSpan {
  readonly first: number;
  readonly last: number;
}

export type Selection = (letter: DeadLetter) => boolean;

/** Throws WRONG_USAGE for an invalid option. Local days are in the pipeline's zone. */
export function selectionOf(options: SelectionOptions, timeZone: string): Selection {
  const { code, partition, offset, places = [] } = options;
  const from = options.from === undefined ? -Infinity : instantsOf('--from', options.from, timeZone).first;
  const to = options.to === undefined ? Infinity : instantsOf('--to', options.to, timeZone).last;
  if (from > to) throw wrong(`--from ${options.from} is later than --to ${options.to}`, 'Give the earlier one first.');
  for (const place of places) {
    if (!PLACE.test(place))
      throw wrong(`${place} is no place of a dead letter`, `Paste one from dlq list: ${EXAMPLE}.`);
  }
  const codes = code && new Set<string>(code);
  const partitions = partition && new Set(partition);
  const at = new Set(places);
  return (letter) => {
    const { origin, sentAt } = letter;
    return (
      (codes?.has(letter.code) ?? true) &&
      sentAt >= from &&
      sentAt <= to &&
      (partitions?.has(origin.partition) ?? true) &&
      (offset?.some(({ first, last }) => origin.offset >= first && origin.offset <= last) ?? true) &&
      (at.size === 0 || at.has(originOf(letter)))
    );
  };
}

/** The position of the original record, as `dlq list` shows it. */
export function originOf({ origin }: Pick<DeadLetter, 'origin'>): string {
  return `${origin.topic}/${origin.partition}/${origin.offset}`;
}

/** Reads '41' or '41-60'. Undefined if the text is neither. */
export function offsetSpanOf(text: string): OffsetSpan | undefined {
  const [, first, last = first] = /^(\d{1,15})(?:-(\d{1,15}))?$/.exec(text) ?? [];
  const span = { first: Number(first), last: Number(last) };
  return span.first <= span.last ? span : undefined;
}

const EXAMPLE = 'events/0/41';
const PLACE = /^.+\/\d+\/\d+$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** The first and the last millisecond. */
function instantsOf(option: string, text: string, timeZone: string): { readonly first: number; readonly last: number } {
  if (isBusinessDate(text)) {
    const { start, end } = dayInterval(text, timeZone);
    return { first: Date.parse(start), last: Date.parse(end) - 1 };
  }
  const instant = INSTANT.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(instant)) return { first: instant, last: instant };
  throw wrong(
    `${option} ${text} is neither an instant nor a day`,
    'Give an instant with its offset, such as 2026-11-21T09:00:00Z, or a local day, such as 2026-11-21.',
  );
}

function wrong(what: string, remedy: string): DaybreakError {
  return new DaybreakError('WRONG_USAGE', { what, remedy });
}
