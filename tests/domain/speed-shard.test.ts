import {
  checksOf,
  replayGroupOf,
  speedGroupOf,
  transactionalIdOf,
  type PartitionProgress,
} from '../../domain/speed-shard';

describe('the names by which Kafka knows the speed layer', () => {
  // Committed offsets and fencing depend on these names. With another name everything is read again, beside the old
  // owner.
  it('stay what they are', () => {
    expect(speedGroupOf('events')).toBe('daybreak.events');
    expect(replayGroupOf('events')).toBe('daybreak.events.dlq');
    expect(transactionalIdOf('events', 'clicks', 3)).toBe('daybreak.events.clicks.3');
  });

  it('tell the owner of a partition from that of its dead letters', () => {
    expect(transactionalIdOf('events', 'clicks', 3)).not.toBe(transactionalIdOf('events', 'clicks_dlq', 3));
  });
});

describe('what the checks found', () => {
  const partition = (checks?: PartitionProgress['checks']): PartitionProgress => ({
    ...{ partition: 0, offset: 0, highWatermark: 0, lag: 0, eventsPerSecond: 0, events: 0, rows: 0, deadLetters: 0 },
    ...(checks && { checks }),
  });

  it('is the sum of all partitions, since the earliest run', () => {
    const one = partition({ since: '2026-11-21T08:00:00.000Z', wrong: { uid: 2, amount: 0 } });
    const other = partition({ since: '2026-11-21T07:00:00.000Z', wrong: { uid: 3, late: 1 } });
    expect(checksOf([one, partition(), other])).toEqual({
      since: '2026-11-21T07:00:00.000Z',
      wrong: { uid: 5, amount: 0, late: 1 },
    });
  });

  it('is nothing without checks', () => {
    expect(checksOf([partition()])).toBeUndefined();
    expect(checksOf([])).toBeUndefined();
  });
});
