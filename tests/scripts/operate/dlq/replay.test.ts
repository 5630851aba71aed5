import type { DeadLetter } from '../../../../activities/speed/dead-letter';
import type * as Kafka from '../../../../clients/kafka';
import { DaybreakError } from '../../../../domain/errors';
import { loadPipeline } from '../../../../engines/load-pipeline';
import { replayDeadLetters, type Replay } from '../../../../scripts/operate/dlq/replay';
import type * as Partition from '../../../../scripts/operate/dlq/replay-partition';

/** What Kafka says of the speed layer's progress, poll by poll; the last answer again and again. */
let isRead: readonly boolean[];
let polls: number;
/** What the read of the new dead letters gives. */
let readTopic: () => AsyncGenerator<never>;

jest.mock('../../../../clients/kafka', () => ({
  ...jest.requireActual<typeof Kafka>('../../../../clients/kafka'),
  KafkaTopics: {
    connect: () =>
      Promise.resolve({
        partitionsOf: () => Promise.resolve(1),
        offsetsOf: () => Promise.resolve([{ partition: 0, low: 0, high: 13 }]),
        committedOffsets: () => Promise.resolve(new Map([[0, 10]])),
        close: () => Promise.resolve(),
      }),
  },
  isEmptyBetween: () => Promise.resolve(isRead[Math.min(polls++, isRead.length - 1)] === true),
  readTopic: () => readTopic(),
}));

jest.mock('../../../../scripts/operate/dlq/replay-partition', () => ({
  replayPartition: async ({ onSent }: Partition.PartitionReplay): Promise<Partition.LeftOut> => {
    await onSent([LETTER]);
    return { truncated: 0, notSelected: 0, tooLarge: [] };
  },
}));

const LETTER: DeadLetter = {
  ...{ partition: 0, offset: 0, origin: { topic: 'events', partition: 0, offset: 5 }, timestamp: '', sentAt: 0 },
  ...{ code: 'BAD_RECORD', reason: 'x', key: null, value: Buffer.from('{}'), headers: [] },
};

beforeEach(() => {
  polls = 0;
  readTopic = async function* () {};
});

async function replay(waitSeconds: number): Promise<Replay> {
  const { pipeline } = await loadPipeline('pipelines/events');
  return replayDeadLetters({ brokers: ['nowhere:1'] }, pipeline, waitSeconds);
}

it('waits as long as an open transaction hides what was sent', async () => {
  isRead = [false, false, true];
  expect(await replay(30)).toMatchObject({ replayed: 1, settled: true });
  expect(polls).toBe(3);
});

it('is not settled where the wait ends before', async () => {
  isRead = [false];
  expect(await replay(0.3)).toMatchObject({ replayed: 1, settled: false });
});

it('only sends without a wait', async () => {
  isRead = [true];
  readTopic = () => {
    throw new Error('the dead letters are not read');
  };
  expect(await replay(0)).toMatchObject({ replayed: 1, settled: false, failed: [] });
  expect(polls).toBe(0);
});

it('says what it sent also where Kafka goes away before the result is known', async () => {
  isRead = [true];
  const failure = new DaybreakError('KAFKA_UNREACHABLE', { what: 'a transaction is open', remedy: 'Try again.' });
  readTopic = () => {
    throw failure;
  };
  expect(await replay(30)).toMatchObject({ replayed: 1, settled: false, failed: [], failure });
});
