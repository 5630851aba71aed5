import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { EventKind } from './event-kind';
import { type HelloEvent, helloEvents } from './hello-events';
import { hourOf, localTimeFormatter } from './local-time';

/** One delivery of a record, in the order of arrival. */
export interface FeedRecord<E = unknown> {
  /**
   * `event`: the first delivery of a valid event. `duplicate`: the same bytes once more. `bad`: no reader may accept
   * it.
   */
  readonly kind: 'event' | 'duplicate' | 'bad';
  /** One line of JSON (or what is left of it), without the newline. */
  readonly text: string;
  /** The time of its event, epoch milliseconds. It decides on the file. */
  readonly instant: number;
  /** The local hour of that time: %Y%m%d.%H. */
  readonly hour: string;
  /** Whether it arrives after records of later times. */
  readonly late: boolean;
  /** Whether this delivery goes to Kafka. Only duplicates are sent to one destination alone. */
  readonly toKafka: boolean;
  readonly toFile: boolean;
  /** When it arrives, epoch milliseconds. */
  readonly at: number;
  /** The event of a record of the kind `event` or `duplicate`. */
  readonly event?: E | undefined;
}

export interface FeedOptions {
  readonly seed: number;
  readonly timeZone: string;
  /** Extra deliveries, late events and bad records, each as a share of the events: 0 to 1. */
  readonly duplicates: number;
  readonly late: number;
  readonly bad: number;
  /** The longest delay of a late event, in milliseconds. */
  readonly maximumDelay: number;
}

const RESOLUTION = 1_000_000_000;
const SHORTEST_DELAY = 1_000;
/** Where a second delivery goes: a producer's retry, a file buffer's retry, or both. */
const DESTINATIONS = [
  { toKafka: true, toFile: false },
  { toKafka: false, toFile: true },
  { toKafka: true, toFile: true },
] as const;

/** What Fluentd's dummy source emits; see `generateEvents`. */
export function generateFeed(options: FeedOptions, instants: Iterable<number>): Generator<FeedRecord<HelloEvent>> {
  return generateEvents(helloEvents, options, instants);
}

/**
 * Events of a kind at the given ascending instants (epoch milliseconds): one event an instant, ids from 0. The given
 * shares add duplicates, late and bad records. Pure: the same arguments give the same records.
 */
export function* generateEvents<E>(
  kind: EventKind<E>,
  options: FeedOptions,
  instants: Iterable<number>,
): Generator<FeedRecord<E>> {
  const random = xoroshiro128plus(options.seed);
  const chance = (share: number): boolean => uniformInt(random, 0, RESOLUTION - 1) < share * RESOLUTION;
  const delay = (): number => uniformInt(random, SHORTEST_DELAY, Math.max(SHORTEST_DELAY, options.maximumDelay));
  const localTime = localTimeFormatter(options.timeZone);
  const make = kind.makerOf(options);
  const underWay = new UnderWay<E>();
  let id = 0;

  for (const instant of instants) {
    yield* underWay.arrivedBy(instant);
    const { event, damaged } = make(id++, instant);
    const late = chance(options.late);
    const record: FeedRecord<E> = {
      kind: 'event',
      text: JSON.stringify(event),
      instant,
      hour: hourOf(localTime(instant)),
      late,
      toKafka: true,
      toFile: true,
      at: late ? instant + delay() : instant,
      event,
    };
    if (late) underWay.add(record);
    else yield record;

    if (chance(options.duplicates)) {
      const destination = DESTINATIONS[uniformInt(random, 0, DESTINATIONS.length - 1)] ?? DESTINATIONS[0];
      underWay.add({ ...record, ...destination, kind: 'duplicate', at: record.at + SHORTEST_DELAY });
    }
    if (chance(options.bad)) {
      const text = damaged(uniformInt(random, 0, RESOLUTION));
      yield { ...record, kind: 'bad', text, late: false, at: instant, event: undefined };
    }
  }
  yield* underWay.arrivedBy(Infinity);
}

/** Records that were sent and have not arrived. The next one to arrive is the last. */
class UnderWay<E> {
  readonly #records: FeedRecord<E>[] = [];

  add(record: FeedRecord<E>): void {
    let low = 0;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle]?.at ?? 0) > record.at) low = middle + 1;
      else high = middle;
    }
    this.#records.splice(low, 0, record);
  }

  *arrivedBy(instant: number): Generator<FeedRecord<E>> {
    for (let next = this.#records.at(-1); next !== undefined && next.at <= instant; next = this.#records.at(-1)) {
      this.#records.pop();
      yield next;
    }
  }
}
