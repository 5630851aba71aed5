import type { DeadLetter } from '../../../../activities/speed/dead-letter';
import type * as Connection from '../../../../clients/kafka/connection';
import { encodeRecordBatch } from '../../../../clients/kafka/record-batch';
import { loadPipeline } from '../../../../engines/load-pipeline';
import type * as Marker from '../../../../scripts/operate/dlq/replay-marker';
import { replayPartition } from '../../../../scripts/operate/dlq/replay-partition';
import { FakeKafka } from '../../../clients/kafka/fake-kafka';

jest.mock('../../../../clients/kafka/connection', () => ({
  ...jest.requireActual<typeof Connection>('../../../../clients/kafka/connection'),
  clusterOf: () => kafka.cluster,
}));
jest.mock('../../../../scripts/operate/dlq/replay-marker', () => ({
  ...jest.requireActual<typeof Marker>('../../../../scripts/operate/dlq/replay-marker'),
  UNTIL_TRANSACTIONS_END: { openTransactionMs: 300 },
  markedOffsets: () => Promise.resolve(new Map()),
}));

let kafka: FakeKafka;
beforeEach(() => {
  kafka = new FakeKafka();
  kafka.bounds = { low: 0, high: 2 };
});

/** The values of the letters that a replay of both sends. */
async function replayed(): Promise<string[]> {
  const { pipeline } = await loadPipeline('pipelines/events');
  const values: string[] = [];
  const onSent = (letters: readonly DeadLetter[]): Promise<void> => {
    values.push(...letters.map(({ value }) => String(value)));
    return Promise.resolve();
  };
  const options = { kafka: { brokers: ['fake:1'] }, pipeline, partition: 0, high: 2, run: 'run', select: () => true };
  await replayPartition({ ...options, onSent });
  return values;
}

it('goes on after fetches that give nothing, as those of a slow broker', async () => {
  const producer = { producerId: 9n, producerEpoch: 0, firstSequence: 0 };
  const letters = await encodeRecordBatch(
    ['a', 'b'].map((value) => ({ key: null, value })),
    100,
    producer,
  );
  let fetches = 0;
  kafka.before = (name) => {
    if (name === 'fetch' && (fetches += 1) === 3) kafka.recordSet = letters;
  };
  expect(await replayed()).toEqual(['a', 'b']);
});

it('fails where a broker gives nothing for long: letters are left that nothing would count', async () => {
  await expect(replayed()).rejects.toMatchObject({
    code: 'KAFKA_UNREACHABLE',
    what: 'Kafka gave nothing of events_dlq/0 from offset 0 on within 0.3 s, although there is more',
  });
});
