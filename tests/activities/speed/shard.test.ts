import type * as Timers from 'node:timers/promises';
import type * as PartitionRuns from '../../../activities/speed/partition-run';
import { Shard, type ShardTransform } from '../../../activities/speed/shard';
import type * as Kafka from '../../../clients/kafka';
import { DaybreakError, type ErrorCode } from '../../../domain/errors';
import { pipelineSchema } from '../../../domain/pipeline';
import { until } from '../../integration/support/until';

/** A partition as its shard sees it. `run` lasts until the shard ends, or fails as a test says. */
class FakeRun {
  standsStill = false;
  /** How often it was run. */
  runs = 0;
  readonly progress: { readonly partition: number };
  #fail: (thrown: unknown) => void = () => undefined;

  constructor({ partition }: { readonly partition: number }) {
    this.progress = { partition };
    partitions[partition] = this;
  }

  async run(signal: AbortSignal): Promise<void> {
    this.runs += 1;
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject;
      signal.addEventListener('abort', () => {
        resolve();
      });
    });
  }

  fail(thrown: unknown): void {
    this.standsStill = true;
    this.#fail(thrown);
  }
}

let partitions: FakeRun[];
/** What Kafka says of the number of partitions, each time that it is asked. */
let partitionsOf: jest.Mock<Promise<number>, []>;

jest.mock('../../../activities/speed/partition-run', () => ({
  ...jest.requireActual<typeof PartitionRuns>('../../../activities/speed/partition-run'),
  PartitionRun: jest.fn((options: { readonly partition: number }) => new FakeRun(options)),
}));
jest.mock('../../../clients/kafka', () => ({
  ...jest.requireActual<typeof Kafka>('../../../clients/kafka'),
  KafkaTopics: {
    connect: () =>
      Promise.resolve({
        ensure: () => Promise.resolve([]),
        partitionsOf: () => partitionsOf(),
        close: () => Promise.resolve(),
      }),
  },
}));
// Pauses are short.
jest.mock('node:timers/promises', () => {
  const actual = jest.requireActual<typeof Timers>('node:timers/promises');
  return { ...actual, setTimeout: (_: number, ...rest: [unknown, object]) => actual.setTimeout(5, ...rest) };
});

const pipeline = pipelineSchema.parse({
  name: 'p',
  timeZone: 'UTC',
  events: { columns: { time: 'VARCHAR' }, time: { column: 'time' } },
  files: { pattern: '%Y%m%d%H' },
  kafka: { topic: 'a', outputTopic: 'b', key: 'time' },
  druid: { datasource: 'd' },
});
const transform: ShardTransform = {
  ...{ maximumBytes: 1_000, checks: [], version: 'v', kept: undefined },
  setupChanged: new AbortController().signal,
  run: () => Promise.reject(new Error('there are no events')),
};
const failure = (code: ErrorCode): DaybreakError => new DaybreakError(code, { what: 'it', remedy: 'Mend it.' });
const warn = jest.fn();
let stop: AbortController;

beforeEach(() => {
  partitions = [];
  partitionsOf = jest.fn(() => Promise.resolve(3));
  stop = new AbortController();
  warn.mockClear();
});

function shardOf(shard: number, shards: number): Shard {
  const input = { pipeline: 'p', shard, shards, maximumSeconds: 600 };
  const logger = { debug: () => undefined, info: () => undefined, warn };
  return new Shard({ kafka: { brokers: ['fake:1'] }, pipeline, input, transform, logger });
}

/** Starts a shard of three partitions. */
async function start(): Promise<{ readonly done: Promise<unknown> }> {
  const done = shardOf(0, 1).run(stop.signal);
  done.catch(() => undefined);
  await until('three partitions', () => partitions.filter(({ runs }) => runs > 0).length === 3);
  return { done };
}

const isRunAgain = (partition: number, runs: number): Promise<true> =>
  until('another run', () => partitions[partition]?.runs === runs);

it.each(['KAFKA_REFUSED', 'KAFKA_UNREACHABLE', 'MULTIPLIED_ROWS'] as const)(
  'opens a partition again and again that fails with %s, and the others go on',
  async (code) => {
    const { done } = await start();
    for (const runs of [2, 3, 4]) {
      partitions[0]?.fail(failure(code));
      await isRunAgain(0, runs);
    }
    expect(partitions.map(({ runs }) => runs)).toEqual([4, 1, 1]);
    stop.abort();
    await expect(done).resolves.toMatchObject({ ended: 'cancelled' });
  },
);

it('fails as its last partition did where none goes on, which concerns all of Kafka', async () => {
  const { done } = await start();
  for (const partition of partitions) partition.fail(failure('KAFKA_UNREACHABLE'));
  await expect(done).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
});

it('goes on where a partition commits again before the others fail', async () => {
  const { done } = await start();
  partitions[0]?.fail(failure('KAFKA_REFUSED'));
  await isRunAgain(0, 2);
  Object.assign(partitions[0] ?? {}, { standsStill: false });
  partitions[1]?.fail(failure('KAFKA_REFUSED'));
  partitions[2]?.fail(failure('KAFKA_REFUSED'));
  await isRunAgain(2, 2);
  stop.abort();
  await expect(done).resolves.toMatchObject({ ended: 'cancelled' });
});

it.each([
  ['another owner takes a partition over', failure('SHARD_FENCED')],
  ['the DuckDB of all partitions fails', failure('ENGINE_FAILED')],
  ['a failure is unknown', new Error('a defect')],
])('ends all its partitions where %s', async (_, thrown) => {
  const { done } = await start();
  partitions[1]?.fail(thrown);
  await expect(done).rejects.toBe(thrown);
  expect(partitions.map(({ runs }) => runs)).toEqual([1, 1, 1]);
});

it('goes on where it cannot look for new partitions, says so, and takes them later', async () => {
  const { done } = await start();
  for (const code of ['KAFKA_UNREACHABLE', 'KAFKA_REFUSED'] as const) {
    partitionsOf.mockRejectedValueOnce(failure(code));
    const reason = `${code}: it. Mend it.`;
    await until('the warning', () =>
      warn.mock.calls.some(([details]) => (details as { reason: string }).reason === reason),
    );
  }
  partitionsOf.mockResolvedValue(4);
  await until('the new partition', () => partitions[3]?.runs === 1);
  expect(partitions.map(({ runs }) => runs)).toEqual([1, 1, 1, 1]);
  stop.abort();
  await expect(done).resolves.toMatchObject({ ended: 'cancelled' });
});

it('says that it knows its partitions once Kafka has told it, also if it has none', async () => {
  const shard = shardOf(3, 4);
  partitionsOf.mockImplementationOnce(() => {
    expect(shard.progress).not.toHaveProperty('isAssigned');
    return Promise.resolve(3);
  });
  const done = shard.run(stop.signal);
  await until('that it knows them', () => shard.progress.isAssigned, { during: done });
  expect(shard.progress).toMatchObject({ shard: 3, shards: 4, partitions: [] });
  stop.abort();
  await expect(done).resolves.toMatchObject({ ended: 'cancelled' });
});
