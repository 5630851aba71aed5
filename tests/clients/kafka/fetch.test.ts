import { fetchRecords } from '../../../clients/kafka/fetch';
import type { Broker } from '../../../clients/kafka/transport';

const int16 = (value: number): Buffer => Buffer.from([(value >> 8) & 255, value & 255]);
const int32 = (value: number): Buffer => Buffer.concat([int16(value >> 16), int16(value)]);
const int64 = (value: number): Buffer => Buffer.concat([int32(0), int32(value)]);
/** Throttle time, error, session, and the topics. */
const answer = (throttledMs: number, ...topics: readonly Buffer[]): Buffer =>
  Buffer.concat([int32(throttledMs), int16(0), int32(0), int32(topics.length), ...topics]);
/** One partition, with the end 7 and no records. */
const partition = Buffer.concat([
  ...[int16(1), Buffer.from('t'), int32(1), int32(0), int16(0), int64(7), int64(7), int64(0)],
  ...[int32(0), int32(-1), int32(0)],
]);

function brokerThatAnswers(...answers: Buffer[]): Broker {
  const send: Broker['connectionPool']['send'] = async ({ response }) =>
    response.parse(await response.decode(answers.shift() ?? Buffer.alloc(0)));
  return { connectionPool: { send } } as unknown as Broker; // A fetch needs no more of it.
}

const fetched = (broker: Broker) =>
  fetchRecords(broker, { topic: 't', partition: 0, offset: 5, maxWaitMs: 1, minBytes: 1, maxBytes: 1 });

it('asks again where the broker gives no partition since the client has used up its quota', async () => {
  const broker = brokerThatAnswers(answer(100), answer(100), answer(0, partition));
  expect(await fetched(broker)).toMatchObject({ offset: 5, highWatermark: 7 });
});

it('refuses an answer without the partition that has no such reason', async () => {
  await expect(fetched(brokerThatAnswers(answer(0)))).rejects.toThrow('holds none');
});
