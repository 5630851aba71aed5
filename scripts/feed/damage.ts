import type { FeedEvent } from './feed-event';

/** The kinds of bad records. No rule of any pipeline over these columns may accept one of them. */
const DAMAGES: readonly ((event: FeedEvent) => string)[] = [
  (event) => JSON.stringify(event).slice(0, -9),
  (event) => JSON.stringify({ ...event, id: `no-${event.id}` }),
  (event) => JSON.stringify({ ...event, time: `${event.time.slice(0, 5)}13-45 25:61:00` }),
  ({ hello, id }) => JSON.stringify({ hello, id }),
  (event) => JSON.stringify(Object.values(event)),
];

/** The event's text, damaged in the way that `choice` (any integer) selects. */
export function damage(event: FeedEvent, choice: number): string {
  const spoil = DAMAGES[choice % DAMAGES.length];
  return spoil === undefined ? '' : spoil(event);
}
