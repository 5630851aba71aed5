import type { MetricMeter } from '@temporalio/common';
import type { PartitionProgress } from '../../domain/speed-shard';
import { createMetrics } from '../../worker/metrics';

const gauges = new Map<string, unknown>();
const meter = {
  createCounter: () => ({ add: () => undefined }),
  createGauge: (name: string) => ({
    set: (value: number, { partition }: { partition: number }) => gauges.set(`${name} ${partition}`, value),
  }),
} as unknown as MetricMeter;

const partition: PartitionProgress = {
  partition: 3,
  offset: 10,
  highWatermark: 5_010,
  lag: 5_000,
  events: 9,
  rows: 9,
  eventsPerSecond: 9,
  deadLetters: 0,
};
const report = (changed: Partial<PartitionProgress>, isRunning: boolean): unknown => {
  const partitions = [{ ...partition, ...changed }];
  createMetrics(meter).speedProgress('events', { shard: 0, shards: 1, partitions, known: [] }, isRunning);
  return Object.fromEntries(gauges);
};

it('tell of a partition whether this worker reads it, and whether it stands still', () => {
  expect(report({}, true)).toMatchObject({
    'daybreak_speed_lag 3': 5_000,
    'daybreak_speed_running 3': 1,
    'daybreak_speed_blocked 3': 0,
  });
  expect(report({ trouble: 'Kafka knows no committed offset' }, true)).toMatchObject({ 'daybreak_speed_blocked 3': 1 });
  expect(report({ eventsPerSecond: 0 }, false)).toMatchObject({
    'daybreak_speed_running 3': 0,
    'daybreak_speed_blocked 3': 0,
  });
});
