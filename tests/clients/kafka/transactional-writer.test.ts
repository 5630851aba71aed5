import { TransactionalWriter } from '../../../clients/kafka/transactional-writer';
import { type Broker, type Cluster, createErrorFromCode } from '../../../clients/kafka/transport';
import { FakeKafka, type RequestName } from './fake-kafka';

const OK = 0;
const UNKNOWN = -1;
const INVALID_PRODUCER_EPOCH = 47;
const OPTIONS = { topic: 'in', partition: 0, group: 'group', transactionalId: 'id' };

/**
 * A coordinator that answers the ends of transactions with these codes, one after another. A real one fails like this
 * only if the end arrives together with a new owner's first request.
 */
function coordinatorAnswering(codes: number[]) {
  const broker: Partial<Broker> = {
    initProducerId: () => Promise.resolve({ producerId: '1', producerEpoch: 0 }),
    addOffsetsToTxn: () => Promise.resolve(),
    txnOffsetCommit: () => Promise.resolve(),
    endTxn() {
      const code = codes.shift() ?? OK;
      return code === OK ? Promise.resolve() : Promise.reject(createErrorFromCode(code));
    },
  };
  const cluster: Partial<Cluster> = { findGroupCoordinator: () => Promise.resolve(broker as Broker) };
  return cluster as Cluster; // The rest of both is not used if nothing is written.
}

it('asks again where the coordinator failed inside, and learns that another owner has come', async () => {
  const writer = await TransactionalWriter.open(coordinatorAnswering([UNKNOWN, INVALID_PRODUCER_EPOCH]), OPTIONS);
  await expect(writer.commit(new Map(), 1)).rejects.toMatchObject({ type: 'INVALID_PRODUCER_EPOCH' });
});

it('asks again where the coordinator failed inside, and commits', async () => {
  const codes = [UNKNOWN, UNKNOWN, OK];
  const writer = await TransactionalWriter.open(coordinatorAnswering(codes), OPTIONS);
  await writer.commit(new Map(), 1);
  expect(codes).toEqual([]);
});

describe('a partition without a leader', () => {
  const NO_LEADER = { type: 'LEADER_NOT_AVAILABLE', message: 'rows/0 has no leader' };
  let requests: RequestName[];
  let writer: TransactionalWriter;

  beforeEach(async () => {
    const kafka = new FakeKafka();
    writer = await TransactionalWriter.open(kafka.cluster, OPTIONS);
    kafka.leader = -1;
    requests = [];
    kafka.before = (request) => requests.push(request);
  });

  it('enters no transaction, since that would not end', async () => {
    const rows = [{ key: null, value: 'row', partition: 0 }];
    await expect(writer.commit(new Map([['rows', rows]]), 1)).rejects.toMatchObject(NO_LEADER);
    expect(requests).toEqual(['addOffsetsToTxn']);
  });

  it('gets no marker later, since the broker would take it as written', async () => {
    await expect(writer.finish(['rows'], 'commit')).rejects.toMatchObject(NO_LEADER);
    await expect(writer.finish(['rows'], 'abort')).rejects.toMatchObject(NO_LEADER);
    expect(requests).toEqual([]);
  });
});
