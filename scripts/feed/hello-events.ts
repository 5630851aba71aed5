import { isDeepStrictEqual } from 'node:util';
import { damagedBy, type EventKind } from './event-kind';
import { localTimeFormatter } from './local-time';

/** An event as Fluentd's dummy source emits it. */
export interface HelloEvent {
  readonly hello: string;
  readonly id: number;
  /** Local time, 'yyyy-MM-dd HH:mm:ss'. */
  readonly time: string;
}

const HELLO = 'ssm-seoul';
/** The columns of these events, as a pipeline declares them. */
const COLUMNS = { hello: 'VARCHAR', id: 'BIGINT', time: 'VARCHAR' };

const DAMAGES: readonly ((event: HelloEvent) => string)[] = [
  (event) => JSON.stringify(event).slice(0, -9),
  (event) => JSON.stringify({ ...event, id: `no-${event.id}` }),
  (event) => JSON.stringify({ ...event, time: `${event.time.slice(0, 5)}13-45 25:61:00` }),
  ({ hello, id }) => JSON.stringify({ hello, id }),
  (event) => JSON.stringify(Object.values(event)),
];

/** The event's text, damaged in the way that `choice` (any integer from 0 on) selects. */
export function damagedHello(event: HelloEvent, choice: number): string {
  return damagedBy(DAMAGES, event, choice);
}

export const helloEvents: EventKind<HelloEvent> = {
  example: 'pipelines/events',
  areOf: ({ columns, time }) =>
    time.column === 'time' && time.format === 'yyyy-MM-dd HH:mm:ss' && isDeepStrictEqual({ ...columns }, COLUMNS),
  makerOf: ({ timeZone }) => {
    const localTime = localTimeFormatter(timeZone);
    return (id, instant) => {
      const event = { hello: HELLO, id, time: localTime(instant) };
      return { event, damaged: (choice) => damagedHello(event, choice) };
    };
  },
};
