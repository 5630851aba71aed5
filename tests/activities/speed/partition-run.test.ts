import type * as DeadLetters from '../../../activities/speed/dead-letter';
import { limitsFor } from '../../../activities/speed/limits';
import {
  PartitionRun,
  type PartitionRunOptions,
  type PartitionTransform,
} from '../../../activities/speed/partition-run';
import type * as Connection from '../../../clients/kafka/connection';
import { encodeRecordBatch } from '../../../clients/kafka/record-batch';
import { DaybreakError } from '../../../domain/errors';
import { createErrorFromCode } from '../../../clients/kafka/transport';
import { FakeKafka, type RequestName } from '../../clients/kafka/fake-kafka';

jest.mock('../../../clients/kafka/connection', () => ({
  ...jest.requireActual<typeof Connection>('../../../clients/kafka/connection'),
  clusterOf: () => kafka.cluster,
}));

jest.mock('../../../activities/speed/dead-letter', () => {
  const actual = jest.requireActual<typeof DeadLetters>('../../../activities/speed/dead-letter');
  return {
    ...actual,
    deadLetterOf: (...[origin, record, code, reason, bytes]: Parameters<typeof actual.deadLetterOf>) => {
      letters.push({ code, reason, bytes });
      return actual.deadLetterOf(origin, record, code, reason, bytes);
    },
  };
});

const letters: { readonly code: string; readonly reason: string; readonly bytes: number | undefined }[] = [];
let kafka: FakeKafka;
let stop: AbortController;
/** How far the clock is ahead. */
let aheadMs: number;

beforeEach(() => {
  kafka = new FakeKafka();
  stop = new AbortController();
  aheadMs = 0;
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs);
});
afterEach(() => {
  jest.restoreAllMocks();
});

function run(): Promise<void> {
  return partitionRun().run(stop.signal);
}

function partitionRun(
  transform: Partial<PartitionTransform> = {},
  options: Partial<PartitionRunOptions> = {},
): PartitionRun {
  return new PartitionRun({
    kafka: { brokers: ['fake:1'] },
    topic: 'events',
    partition: 0,
    outputTopic: 'rows',
    deadLetterTopic: 'letters',
    group: 'group',
    transactionalId: 'id',
    transform: {
      maximumBytes: 1_000,
      checks: [],
      run: () => Promise.reject(new Error('there are no events')),
      ...transform,
    },
    limits: limitsFor(1),
    ...options,
  });
}

/** Does something at the nth request of a kind. If it throws, that request fails. */
function at(steps: Partial<Record<`${RequestName} ${number}`, () => void>>): void {
  const counts = new Map<string, number>();
  kafka.before = (name) => {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    steps[`${name} ${count}`]?.();
  };
}

const isAway = (): never => {
  throw FakeKafka.away();
};
const ends = (): void => {
  stop.abort();
};

describe('an owner whose session fails', () => {
  it.each<RequestName>(['offsetFetch', 'listOffsets'])(
    'is not fenced by itself where %s fails when it has just taken the partition over again',
    async (request) => {
      // The offsets of both ends are requested at once, and the committed one before and after the takeover.
      at({ 'fetch 3': isAway, [`${request} 3`]: isAway, 'fetch 8': ends });
      await expect(run()).resolves.toBeUndefined();
      expect(kafka.epoch).toBe(2);
    },
  );

  it('is fenced where another owner came between', async () => {
    at({
      'fetch 3': () => {
        kafka.epoch += 1;
        throw FakeKafka.away();
      },
    });
    await expect(run()).rejects.toMatchObject({ code: 'SHARD_FENCED' });
  });
});

describe('an outage that is longer than the time of an open transaction', () => {
  beforeEach(async () => {
    kafka.bounds = { low: 0, high: 1 };
    const batch = { producerId: 9n, producerEpoch: 0, firstSequence: 0 };
    kafka.recordSet = await encodeRecordBatch([{ key: null, value: '{}' }], 100, batch);
  });
  const oneRow = (): PartitionRun =>
    partitionRun({ run: () => Promise.resolve({ messages: [{ key: null, value: '{}' }], rejects: [] }) });

  it('fences nobody: the coordinator has aborted it, and the run writes its rows in another one', async () => {
    at({
      'produce 1': () => {
        kafka.timeOut();
        throw FakeKafka.away();
      },
      'produce 2': ends,
    });
    await expect(oneRow().run(stop.signal)).resolves.toBeUndefined();
    expect(kafka).toMatchObject({ committed: 1, rows: 1, epoch: 2 });
  });

  it.each<[string, Parameters<typeof at>[0]]>([
    [
      'another owner has come meanwhile',
      {
        'produce 1': () => {
          kafka.takeOver();
          throw FakeKafka.away();
        },
      },
    ],
    [
      'the transaction may have been decided, so that the one that was aborted may be of another owner',
      {
        'endTxn 2': () => {
          kafka.timeOut();
          throw FakeKafka.away();
        },
      },
    ],
  ])('fences the run where %s', async (_, steps) => {
    at(steps);
    await expect(oneRow().run(stop.signal)).rejects.toMatchObject({ code: 'SHARD_FENCED' });
  });
});

describe('a broker that is away', () => {
  it('is waited for by a partition that had nothing to do for ten minutes', async () => {
    at({
      'fetch 3': () => {
        aheadMs = 600_000;
      },
      'fetch 5': isAway,
      'connect 2': isAway,
      'connect 3': isAway,
      'fetch 9': ends,
    });
    await expect(run()).resolves.toBeUndefined();
    expect(kafka.epoch).toBe(1);
  });

  it('is reported after a minute', async () => {
    kafka.before = (name) => {
      aheadMs += name === 'connect' ? 25_000 : 0;
      if (aheadMs > 0) throw FakeKafka.away();
    };
    const partition = partitionRun();
    await expect(partition.run(stop.signal)).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(aheadMs).toBe(75_000);
    expect(partition.standsStill).toBe(true);
    // It has had its minute.
    await expect(partition.run(stop.signal)).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    expect(aheadMs).toBe(100_000);
  });
});

describe('a partition without a leader', () => {
  const noLeader = (): void => {
    kafka.leader = -1;
  };

  it('stands still and says so, however long that is, and goes on when it has one', async () => {
    const partition = partitionRun();
    const troubles = new Set<string | undefined>();
    at({
      'fetch 3': noLeader,
      'connect 2': () => {
        aheadMs += 600_000;
      },
      'connect 3': () => {
        troubles.add(partition.progress.trouble);
        aheadMs += 600_000;
      },
      'connect 4': () => {
        kafka.leader = 0;
      },
      'fetch 9': ends,
    });
    await expect(partition.run(stop.signal)).resolves.toBeUndefined();
    expect([...troubles]).toEqual([expect.stringMatching(/ (events|rows)\/0 has no leader\. .*start that broker\.$/)]);
    expect(partition.progress).not.toHaveProperty('trouble');
  });

  it('stands still where the broker ends no transaction before it has one', async () => {
    const CONCURRENT_TRANSACTIONS = 51;
    const partition = partitionRun();
    const isPending = (): never => {
      aheadMs += 60_000;
      throw createErrorFromCode(CONCURRENT_TRANSACTIONS);
    };
    at({
      'fetch 3': noLeader,
      'endTxn 2': isPending, // The first one is of the run's beginning.
      'endTxn 3': isPending,
      'connect 4': () => {
        expect(partition.progress.trouble).toContain('has no leader');
        kafka.leader = 0;
      },
      'fetch 9': ends,
    });
    await expect(partition.run(stop.signal)).resolves.toBeUndefined();
  });

  it('is no outage: a broker that is away afterwards has its minute', async () => {
    at({
      'fetch 3': noLeader,
      'connect 2': () => {
        aheadMs += 600_000;
      },
      'connect 3': () => {
        kafka.leader = 0;
        isAway();
      },
      'fetch 6': ends,
    });
    await expect(run()).resolves.toBeUndefined();
  });
});

describe('a partition that may not be written', () => {
  const TOPIC_AUTHORIZATION_FAILED = 29;
  const REFUSED = /TOPIC_AUTHORIZATION_FAILED\. Read the broker's log; .*rights may forbid it\.$/;
  const refuses = (): never => {
    throw createErrorFromCode(TOPIC_AUTHORIZATION_FAILED);
  };
  let partition: PartitionRun;

  beforeEach(async () => {
    kafka.bounds = { low: 0, high: 1 };
    const batch = { producerId: 9n, producerEpoch: 0, firstSequence: 0 };
    kafka.recordSet = await encodeRecordBatch([{ key: null, value: 'x' }], 100, batch);
    partition = partitionRun({ run: () => Promise.resolve({ messages: [], rejects: [{ index: 0, reason: 'no' }] }) });
    at({ 'produce 1': refuses });
    expect(partition.standsStill).toBe(false);
    await expect(partition.run(stop.signal)).rejects.toMatchObject({ code: 'KAFKA_REFUSED' });
  });

  it('says so with what helps until it commits, when it is run again', async () => {
    expect(partition.standsStill).toBe(true);
    const troubles = new Set<string | undefined>();
    const look = (): void => {
      troubles.add(partition.progress.trouble);
    };
    at({ 'connect 1': look, 'fetch 1': look, 'produce 1': look, 'fetch 6': ends });
    await expect(partition.run(stop.signal)).resolves.toBeUndefined();
    expect([...troubles]).toEqual([expect.stringMatching(REFUSED)]);
    expect(partition.progress).not.toHaveProperty('trouble');
    expect(partition.standsStill).toBe(false);
    expect(kafka.committed).toBe(1);
  });

  it('is fenced when it is run again where another owner came between', async () => {
    kafka.takeOver();
    at({ 'fetch 5': ends });
    await expect(partition.run(stop.signal)).rejects.toMatchObject({ code: 'SHARD_FENCED' });
  });
});

describe('a batch that cannot be read', () => {
  it.each([
    ['the offset behind it', (bytes: Buffer) => bytes.length - 1, /--to-offset 3 --execute$/],
    ['where to find the offset, where the header is damaged', () => 26, /--to-offset OFFSET .*kafka-dump-log\.sh/],
    ['where to find the offset, where its length is damaged', () => 8, /--to-offset OFFSET .*kafka-dump-log\.sh/],
  ])('lets its partition alone stand still, which says how to go on: %s', async (_, damaged, how) => {
    const records = ['a', 'b', 'c'].map((value) => ({ key: null, value }));
    const bytes = await encodeRecordBatch(records, 100, { producerId: 1n, producerEpoch: 0, firstSequence: 0 });
    const byte = damaged(bytes);
    bytes.writeUInt8(bytes.readUInt8(byte) ^ 1, byte);
    kafka.recordSet = bytes;
    const partition = partitionRun();
    at({ 'fetch 5': ends });
    await expect(partition.run(stop.signal)).resolves.toBeUndefined();
    const { trouble } = partition.progress;
    expect(trouble).toMatch(/events\/0 at offset 0 has .*kafka-consumer-groups\.sh .*--group group/s);
    expect(trouble).toMatch(how);
  });
});

describe('what the broker refuses as too large', () => {
  beforeEach(() => {
    letters.length = 0;
  });
  const REFUSES = (): never => {
    throw createErrorFromCode(10);
  };
  const OTHERWISE = { code: 'BAD_RECORD', reason: 'not JSON' };

  it.each([
    ['a row becomes a letter', [{ key: null, value: '{}' }], [{ code: 'TOO_LARGE', bytes: 900_000 }]],
    [
      'a letter gets smaller, and keeps its code and its reason',
      [],
      [
        { ...OTHERWISE, bytes: 900_000 },
        { ...OTHERWISE, bytes: 56_000 },
      ],
    ],
  ])('%s', async (_, messages, expected) => {
    kafka.bounds = { low: 0, high: 1 };
    const batch = { producerId: 9n, producerEpoch: 0, firstSequence: 0 };
    kafka.recordSet = await encodeRecordBatch([{ key: null, value: 'event' }], 100, batch);
    at({ 'produce 1': REFUSES, 'produce 2': ends });
    const isBad = (value: Buffer | null): boolean => value === null || messages.length === 0;
    await partitionRun({
      run: ([value = null]) =>
        Promise.resolve(
          isBad(value)
            ? { messages: [], rejects: [{ index: 0, reason: OTHERWISE.reason }] }
            : { messages, rejects: [] },
        ),
    }).run(stop.signal);
    expect(letters).toMatchObject(expected);
    expect(letters).toHaveLength(expected.length);
    expect(kafka.committed).toBe(1);
  });
});

it('reports how many of its rows each check finds wrong', async () => {
  const records = ['a', 'b'].map((value) => ({ key: null, value }));
  kafka.recordSet = await encodeRecordBatch(records, 100, { producerId: -1n, producerEpoch: -1, firstSequence: -1 });
  const partition = partitionRun({
    checks: ['uid', 'amount'],
    run: () => Promise.resolve({ messages: [], rejects: [], wrong: { uid: 2, amount: 0 } }),
  });
  at({ 'fetch 5': ends });
  await partition.run(stop.signal);
  const { checks } = partition.progress;
  expect(checks?.wrong['uid']).toBeGreaterThan(0);
  expect(checks).toEqual({
    since: expect.stringMatching(/^20.*Z$/) as string,
    wrong: { uid: checks?.wrong['uid'], amount: 0 },
  });
});

it('reports none where the pipeline has no checks', async () => {
  const partition = partitionRun();
  at({ 'fetch 2': ends });
  await partition.run(stop.signal);
  expect(partition.progress).not.toHaveProperty('checks');
});

it('logs once why a partition stands still, and nothing of one that does not', async () => {
  const warn = jest.fn();
  const log = { brokers: ['fake:1'], logger: { debug: jest.fn(), info: jest.fn(), warn } };
  kafka.bounds = { low: 0, high: 6_000 };
  at({ 'connect 4': ends });
  await partitionRun({}, { kafka: log, known: 100 }).run(stop.signal);
  const reason = expect.stringMatching(/^Kafka knows no committed offset of group group.*100 or a later one/) as string;
  expect(warn.mock.calls).toEqual([[{ topic: 'events', partition: 0, reason }, 'a partition stands still']]);

  warn.mockClear();
  stop = new AbortController();
  kafka = new FakeKafka();
  at({ 'fetch 2': ends });
  await partitionRun({}, { kafka: log }).run(stop.signal);
  expect(warn).not.toHaveBeenCalled();
});

it('logs that it begins in a topic that may have been read before', async () => {
  kafka.bounds = { low: 5_000, high: 6_000 };
  const warn = jest.fn();
  at({ 'fetch 2': ends });
  await partitionRun({}, { kafka: { brokers: ['fake:1'], logger: { debug: jest.fn(), info: jest.fn(), warn } } }).run(
    stop.signal,
  );
  expect(warn.mock.calls).toEqual([
    [{ topic: 'events', partition: 0, startedAt: 5_000 }, expect.stringContaining('read from its oldest event')],
  ]);
});

describe('records that Kafka removed before they were read', () => {
  it.each([
    ['Kafka still knows the committed offset', 100, {}],
    ['Kafka has forgotten it too, as after a pause of a week', -1, { known: 100 }],
  ])('are reported where %s', async (_, committed, options) => {
    kafka.committed = committed;
    kafka.bounds = { low: 5_000, high: 6_000 };
    const warn = jest.fn();
    const log = { brokers: ['fake:1'], logger: { debug: jest.fn(), info: jest.fn(), warn } };
    const partition = partitionRun({}, { kafka: log, ...options });
    at({ 'fetch 2': ends });
    await partition.run(stop.signal);
    const reset = { reason: 'removed', committed: 100, startedAt: 5_000 };
    expect(partition.progress).toMatchObject({ offset: 5_000, reset });
    // The status forgets it when the shard begins its next run.
    expect(warn.mock.calls).toEqual([
      [{ topic: 'events', partition: 0, ...reset }, expect.stringMatching(/^Kafka removed records/)],
    ]);
  });
});

describe('a backlog of events on which the SQL fails', () => {
  const failure = new DaybreakError('ENGINE_FAILED', {
    what: 'DuckDB failed',
    remedy: '',
    cause: new Error('Conversion Error: Could not convert string'),
  });
  const EVENTS = 100;
  /** The number of runs of the transform. */
  let runs: number;
  beforeEach(async () => {
    runs = 0;
    kafka.bounds = { low: 0, high: EVENTS };
    const records = Array.from({ length: EVENTS }, () => ({ key: null, value: '{}' }));
    kafka.recordSet = await encodeRecordBatch(records, 9_000, { producerId: 9n, producerEpoch: 0, firstSequence: 0 });
  });

  /** Each run of the transform takes 300 ms on the clock. */
  function failing(onRun: () => void = () => undefined): PartitionRun {
    return partitionRun({
      run: () => {
        runs += 1;
        aheadMs += 300;
        onRun();
        return Promise.reject(failure);
      },
    });
  }

  it('is committed in parts, and the progress says that they take long', async () => {
    const commits: number[] = [];
    const troubles = new Set<string | undefined>();
    const partition = failing(() => {
      if (kafka.committed > (commits.at(-1) ?? 0)) commits.push(kafka.committed);
      if (commits.length > 0) troubles.add(partition.progress.trouble);
      if (kafka.committed >= EVENTS / 2) stop.abort();
    });
    await partition.run(stop.signal);
    expect(commits.length).toBeGreaterThan(5);
    expect([...troubles]).toEqual([expect.stringMatching(/^transform\.sql fails on so many events.*Conversion Error/)]);
    expect(runs).toBeLessThan(3 * EVENTS);
    expect(partition.progress).toMatchObject({ events: kafka.committed, deadLetters: kafka.committed });
  });

  it('does not keep a pause waiting, and what is found is committed', async () => {
    const partition = failing(() => {
      if (runs === 9) stop.abort();
    });
    await partition.run(stop.signal);
    // Seven runs halve the slice down to its first event, which is committed. Then the next two.
    expect(runs).toBe(9);
    expect(kafka.committed).toBeGreaterThan(0);
  });

  it('is no trouble any more where the partition has caught up', async () => {
    const partition = failing();
    at({ 'fetch 6': ends });
    await partition.run(stop.signal);
    expect(kafka.committed).toBe(EVENTS);
    expect(partition.progress).not.toHaveProperty('trouble');
  });
});

it('commits the micro-batch that is transformed when its shard ends', async () => {
  kafka.bounds = { low: 0, high: 1 };
  const batch = { producerId: 9n, producerEpoch: 0, firstSequence: 0 };
  kafka.recordSet = await encodeRecordBatch([{ key: null, value: '{}' }], 100, batch);
  const partition = partitionRun({
    run: () => {
      stop.abort();
      return Promise.resolve({ messages: [{ key: null, value: '{}' }], rejects: [] });
    },
  });
  await partition.run(stop.signal);
  expect(kafka).toMatchObject({ committed: 1, rows: 1 });
});
