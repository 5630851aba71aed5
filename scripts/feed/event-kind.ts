import { DaybreakError } from '../../domain/errors';
import type { Pipeline } from '../../domain/pipeline';

/** A kind of events that `feed` can make. */
export interface EventKind<E> {
  /** A pipeline whose events they are. */
  readonly example: string;
  /** Whether a pipeline declares columns and a time as these events have them. */
  readonly areOf: (events: Pipeline['events']) => boolean;
  /** The same seed gives the same events. */
  readonly makerOf: (options: { readonly seed: number; readonly timeZone: string }) => EventMaker<E>;
}

/** Makes the event with a number from 0 on at an instant (epoch milliseconds). The instants ascend. */
export type EventMaker<E> = (id: number, instant: number) => MadeEvent<E>;

export interface MadeEvent<E> {
  readonly event: E;
  /**
   * Its text, damaged in the way that `choice` (any integer from 0 on) selects. No rule of a pipeline over its columns may
   * accept it.
   */
  readonly damaged: (choice: number) => string;
}

/** One of these functions by `choice`, applied to the event. */
export function damagedBy<E>(damages: readonly ((event: E) => string)[], event: E, choice: number): string {
  return damages[choice % damages.length]?.(event) ?? '';
}

/** Throws WRONG_USAGE unless the pipeline's events are of one of the kinds. */
export function eventKindOf<E>({ name, events }: Pipeline, kinds: readonly EventKind<E>[]): EventKind<E> {
  const kind = kinds.find(({ areOf }) => areOf(events));
  if (kind !== undefined) return kind;
  throw new DaybreakError('WRONG_USAGE', {
    what: `'feed' makes events with the columns and the time of ${kinds.map(({ example }) => example).join(' or ')}, but those of pipeline '${name}' are others`,
    remedy:
      "Feed a pipeline with these columns, or write this one's topic and files with the tool that makes its events.",
  });
}
