import { temporal } from '@temporalio/proto';
import { hasGoneOn } from '../../../scripts/operate/gone-on';

const { PENDING_ACTIVITY_STATE_STARTED, PENDING_ACTIVITY_STATE_SCHEDULED } = temporal.api.enums.v1.PendingActivityState;
const at = (seconds: number) =>
  temporal.api.workflow.v1.PendingActivityInfo.fromObject({ lastStartedTime: { seconds } });
const running = {
  state: PENDING_ACTIVITY_STATE_STARTED,
  lastStartedTime: at(10).lastStartedTime ?? null,
  lastHeartbeatTime: at(11).lastStartedTime ?? null,
};
const partition = { partition: 0, since: '2026-11-22T00:00:00Z' };

describe('an activity whose last try failed', () => {
  it('has gone on with a heartbeat of the try that runs', () => {
    expect(hasGoneOn(running, 'comparing hour 3 of 24')).toBe(true);
  });

  it('has not between two tries, nor by the heartbeat of the last one, nor by one that shows nothing done', () => {
    expect(hasGoneOn({ ...running, state: PENDING_ACTIVITY_STATE_SCHEDULED }, 'comparing')).toBe(false);
    expect(hasGoneOn({ ...running, lastHeartbeatTime: at(9).lastStartedTime ?? null }, 'comparing')).toBe(false);
    expect(hasGoneOn({ ...running, lastHeartbeatTime: null }, 'comparing')).toBe(false);
    expect(hasGoneOn(running, undefined)).toBe(false);
  });

  it('has, as a shard, once each partition is open or says itself what holds it up, or once it knows that it has none', () => {
    expect(hasGoneOn(running, { partitions: [] })).toBe(false);
    expect(hasGoneOn(running, { partitions: [partition, { partition: 1 }] })).toBe(false);
    expect(hasGoneOn(running, { partitions: [], isAssigned: true })).toBe(true);
    expect(hasGoneOn(running, { partitions: [{ partition: 1 }], isAssigned: true })).toBe(false);
    expect(hasGoneOn(running, { partitions: [partition, { partition: 1, trouble: 'Kafka is away' }] })).toBe(true);
  });
});
