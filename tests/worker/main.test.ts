import type * as Temporal from '@temporalio/worker';
import { pino } from 'pino';
import { readConfig } from '../../worker/config';
import { runWorker } from '../../worker/main';

const mockConnect = jest.fn<Promise<Connection>, []>();
const mockCreate = jest.fn<Promise<StubbedWorker>, []>();
jest.mock('../../worker/runtime', () => ({ installRuntime: jest.fn() }));
const mockBundle = jest.fn<Promise<{ code: string }>, []>(() => Promise.resolve({ code: '' }));
jest.mock('../../worker/workflow-bundle', () => ({ workflowBundle: () => mockBundle() }));
jest.mock('@temporalio/worker', () => {
  const metric = { add: () => undefined, set: () => undefined };
  const metricMeter = { createCounter: () => metric, createGauge: () => metric };
  return {
    ...jest.requireActual<typeof Temporal>('@temporalio/worker'),
    Runtime: { instance: () => ({ metricMeter }) },
    NativeConnection: { connect: () => mockConnect() },
    Worker: { create: () => mockCreate() },
  };
});

/** As Temporal's own, a connection that workers hold cannot be closed. */
class Connection {
  readonly holders = new Set<StubbedWorker>();
  isClosed = false;
  readonly workflowService = { describeNamespace: () => Promise.resolve({}) };
  close(): Promise<void> {
    if (this.holders.size > 0) return Promise.reject(new Error('Cannot close connection'));
    this.isClosed = true;
    return Promise.resolve();
  }
}

/** Runs until it is shut down, and then drains for a moment. */
class StubbedWorker {
  #state: Temporal.State = 'INITIALIZED';
  readonly #failure: Error | undefined;
  #drain = (): void => undefined;
  constructor(connection: Connection, failure?: Error) {
    connection.holders.add(this);
    this.connection = connection;
    this.#failure = failure;
  }
  readonly connection: Connection;
  getState(): Temporal.State {
    return this.#state;
  }
  async run(): Promise<void> {
    this.#state = 'RUNNING';
    if (this.#failure === undefined) await new Promise<void>((resolve) => (this.#drain = resolve));
    this.connection.holders.delete(this);
    this.#state = 'STOPPED';
    if (this.#failure !== undefined) throw this.#failure;
  }
  shutdown(): void {
    if (this.#state !== 'RUNNING') throw new Error(`Not running. Current state: ${this.#state}`);
    this.#state = 'DRAINING';
    setTimeout(this.#drain, 20);
  }
}

let connection: Connection;
beforeEach(() => {
  connection = new Connection();
  mockConnect.mockResolvedValue(connection);
});

const serve = (signal = new AbortController().signal, onReady = jest.fn()) =>
  runWorker({ config: readConfig({}), layers: ['batch'], logger: pino({ level: 'silent' }), signal, onReady });

it('ends without a word if Ctrl-C ends the making of its bundle, and with the reason if something else does', async () => {
  const stop = new AbortController();
  mockBundle.mockImplementationOnce(() => {
    stop.abort();
    return Promise.reject(new Error('killed'));
  });
  const onReady = jest.fn();
  await serve(stop.signal, onReady);
  expect(onReady).not.toHaveBeenCalled();
  expect(connection.isClosed).toBe(true);
  mockBundle.mockRejectedValueOnce(new Error('no such module'));
  await expect(serve()).rejects.toThrow('no such module');
});

it('ends with the reason of the worker that failed, when the other one has drained', async () => {
  mockCreate.mockResolvedValueOnce(new StubbedWorker(connection));
  mockCreate.mockResolvedValueOnce(new StubbedWorker(connection, new Error('polling failed')));
  await expect(serve()).rejects.toThrow('polling failed');
  expect(connection.isClosed).toBe(true);
});

it('ends with the reason why a worker was not made, and ends the other one', async () => {
  mockCreate.mockResolvedValueOnce(new StubbedWorker(connection));
  mockCreate.mockRejectedValueOnce(new Error('no such option'));
  await expect(serve()).rejects.toThrow('no such option');
  expect(connection.isClosed).toBe(true);
});

it('drains when it is told to', async () => {
  const ending = new AbortController();
  for (let one = 0; one < 2; one += 1) mockCreate.mockResolvedValueOnce(new StubbedWorker(connection));
  await serve(
    ending.signal,
    jest.fn(() => {
      ending.abort();
    }),
  );
  expect(connection.isClosed).toBe(true);
});
