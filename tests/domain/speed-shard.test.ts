import { replayGroupOf, speedGroupOf, transactionalIdOf } from '../../domain/speed-shard';

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
