import type * as Connection from '../../../clients/kafka/connection';
import { encodeRecordBatch } from '../../../clients/kafka/record-batch';
import { isEmptyBetween } from '../../../clients/kafka/topic-reader';
import { FakeKafka } from './fake-kafka';

jest.mock('../../../clients/kafka/connection', () => ({
  ...jest.requireActual<typeof Connection>('../../../clients/kafka/connection'),
  clusterOf: () => kafka.cluster,
}));

let kafka: FakeKafka;
beforeEach(() => {
  kafka = new FakeKafka();
  kafka.bounds = { low: 0, high: 13 };
});

const isEmpty = (low: number, high: number): Promise<boolean> =>
  isEmptyBetween({ brokers: ['fake:1'] }, 'events', [{ partition: 0, low, high }]);

it('is not empty where records are', async () => {
  const producer = { producerId: 9n, producerEpoch: 0, firstSequence: 0 };
  kafka.recordSet = await encodeRecordBatch([{ key: null, value: '{}' }], 100, producer);
  expect(await isEmpty(0, 13)).toBe(false);
});

it('is not known to be empty where an open transaction hides what comes before the end', async () => {
  expect(await isEmpty(10, 13)).toBe(false);
});

it('is empty where everything was read', async () => {
  expect(await isEmpty(13, 13)).toBe(true);
});
