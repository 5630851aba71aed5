import { PartitionSession, type ProducerEpoch } from '../../../clients/kafka';
import type * as Connection from '../../../clients/kafka/connection';
import { FakeKafka, type Marked, type RequestName } from './fake-kafka';

jest.mock('../../../clients/kafka/connection', () => ({
  ...jest.requireActual<typeof Connection>('../../../clients/kafka/connection'),
  clusterOf: () => kafka.cluster,
}));

const OPTIONS = { topic: 'events', partition: 0, group: 'group', transactionalId: 'id', outputs: ['rows'] };

let kafka: FakeKafka;
/** How far the clock is ahead. */
let aheadMs: number;

beforeEach(() => {
  kafka = new FakeKafka();
  aheadMs = 0;
  const now = performance.now.bind(performance);
  jest.spyOn(performance, 'now').mockImplementation(() => now() + aheadMs);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Does something before a request. A request for the offset takes a second, so that waiting for a marker is short. */
function before(step: (request: RequestName) => void = () => undefined): void {
  kafka.before = (request) => {
    if (request === 'offsetFetch') aheadMs += 1_000;
    step(request);
  };
}

function open(previous?: ProducerEpoch, onOwned?: (producer: ProducerEpoch) => void): Promise<PartitionSession> {
  return PartitionSession.open({ brokers: ['fake:1'] }, OPTIONS, previous, onOwned);
}

/** Commits a row of the session's next offset, as each transaction of these tests does. */
async function commitRow(session: PartitionSession, offset: number): Promise<void> {
  await session.commit(new Map([['rows', [{ key: null, value: 'row', partition: 0 }]]]), offset + 1);
}

/** Commits one row, and loses these of its markers. */
async function commitLosing(markers: readonly Marked[]): Promise<void> {
  const session = await open();
  for (const marker of markers) kafka.loses.add(marker);
  await commitRow(session, 0);
  kafka.loses.clear();
}

/** Leaves a transaction open, which the next owner aborts, and then loses these markers of the abort. */
async function abortLosing(markers: readonly Marked[]): Promise<void> {
  await commitRow(await open(), 0);
  const session = await open();
  before((request) => {
    if (request === 'endTxn') throw FakeKafka.away();
  });
  await expect(commitRow(session, 1)).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
  before((request) => {
    if (request === 'initProducerId') for (const marker of markers) kafka.loses.add(marker);
    else kafka.loses.clear();
  });
}

const LOST: readonly (readonly Marked[])[] = [['offset'], ['rows'], ['offset', 'rows']];
const failsAt = (failing: RequestName): void => {
  before((request) => {
    if (request === failing) throw FakeKafka.away();
  });
};

describe('a partition whose previous owner has lost markers', () => {
  beforeEach(() => {
    before();
  });

  it.each(LOST.map((markers) => [markers]))('commits once what was committed without %j', async (markers) => {
    await commitLosing(markers);
    const session = await open();
    expect(kafka).toMatchObject({ committed: 1, rows: 1 });
    await commitRow(session, 1);
    expect(kafka).toMatchObject({ committed: 2, rows: 2 });
  });

  it.each(LOST.map((markers) => [markers]))('leaves out what was aborted without %j', async (markers) => {
    await abortLosing(markers);
    const session = await open();
    expect(kafka).toMatchObject({ committed: 1, rows: 1 });
    before();
    await commitRow(session, 1);
    expect(kafka).toMatchObject({ committed: 2, rows: 2 });
  });

  it('knows the decision again where the group of the offset does not answer at first', async () => {
    await commitLosing(['offset']);
    failsAt('offsetFetch');
    await expect(open()).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    before();
    await open();
    expect(kafka).toMatchObject({ committed: 1, rows: 1 });
  });

  it.each<RequestName>(['addOffsetsToTxn', 'addPartitionsToTxn', 'endTxn'])(
    'remembers the decision where %s fails after it has taken the partition over',
    async (failing) => {
      await commitLosing(['offset']);
      failsAt(failing);
      let previous: ProducerEpoch | undefined;
      const onOwned = (producer: ProducerEpoch): void => {
        previous = producer;
      };
      await expect(open(undefined, onOwned)).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
      before();
      await open(previous, onOwned);
      expect(kafka).toMatchObject({ committed: 1, rows: 1 });
      expect(previous).not.toHaveProperty('unfinished');
    },
  );

  it('leaves the decision to the broker as long as the rows have no leader', async () => {
    await commitLosing(['offset']);
    const { epoch } = kafka;
    kafka.leader = -1;
    await expect(open()).rejects.toMatchObject({ what: expect.stringContaining('rows/0 has no leader') as string });
    expect(kafka.epoch).toBe(epoch);
    kafka.leader = 0;
    await open();
    expect(kafka).toMatchObject({ committed: 1, rows: 1 });
  });

  it('writes again rather than loses where nobody remembers the decision', async () => {
    await commitLosing(['offset']);
    failsAt('addOffsetsToTxn');
    await expect(open()).rejects.toMatchObject({ code: 'KAFKA_UNREACHABLE' });
    before();
    await open();
    expect(kafka).toMatchObject({ committed: -1, rows: 1 });
  });

  it('takes over from a broker that cannot describe transactions', async () => {
    kafka.versions = {};
    await commitLosing(['offset', 'rows']);
    await open();
    expect(kafka).toMatchObject({ committed: -1, rows: 0 });
  });
});

it('finishes nothing where no marker is lost', async () => {
  const requests: RequestName[] = [];
  await commitRow(await open(), 0);
  before((request) => requests.push(request));
  await open();
  expect(requests.filter((request) => request === 'endTxn')).toEqual([]);
});
