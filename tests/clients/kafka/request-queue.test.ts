import { KAFKAJS_MODULES } from '../../../clients/kafka/kafkajs-modules';
import { mendRequestQueue } from '../../../clients/kafka/request-queue';

interface Queue {
  maybeThrottle(milliseconds: number): void;
  push(request: unknown): void;
  fulfillRequest(answer: { correlationId: number; payload: Buffer; size: number }): void;
}

const RequestQueue = KAFKAJS_MODULES['kafkajs/src/network/requestQueue'] as new (options: object) => Queue;
const BROKER = 'broker:9092';

let sent: number[];
let queue: Queue;

beforeAll(mendRequestQueue);
beforeEach(() => {
  jest.useFakeTimers();
  sent = [];
  queue = new RequestQueue({
    ...{ maxInFlightRequests: null, requestTimeout: 60_000, enforceRequestTimeout: false, clientId: 'daybreak' },
    ...{ broker: BROKER, logger: { debug: () => undefined } },
  });
});
afterEach(() => {
  jest.useRealTimers();
});

function push(correlationId: number): void {
  queue.push({
    entry: { correlationId, apiKey: 3, apiVersion: 9, apiName: 'Metadata', resolve: () => undefined },
    expectResponse: true,
    sendRequest: () => sent.push(correlationId),
  });
}

function answer(correlationId: number): void {
  queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });
}

it('sets no timer where nothing is pending', () => {
  push(1);
  answer(1);
  expect(sent).toEqual([1]);
  expect(jest.getTimerCount()).toBe(0);
});

it('sends what the broker’s throttling held back, and then sets no timer any more', () => {
  queue.maybeThrottle(500);
  push(1);
  push(2);
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(499);
  expect(sent).toEqual([]);
  jest.advanceTimersByTime(20);
  expect(sent).toEqual([1, 2]);
  answer(1);
  answer(2);
  expect(jest.getTimerCount()).toBe(0);
});

it('looks again while the broker throttles and nothing is pending yet', () => {
  push(1);
  queue.maybeThrottle(500);
  answer(1);
  push(2);
  expect(sent).toEqual([1]);
  jest.advanceTimersByTime(520);
  expect(sent).toEqual([1, 2]);
});
