import type { MetricMeter } from '@temporalio/common';
import type { DailyBatchResult } from '../../domain/daily-batch';
import type { PartitionProgress } from '../../domain/speed-shard';
import { createMetrics } from '../../worker/metrics';

const gauges = new Map<string, unknown>();
const counts = new Map<string, number>();
const meter = {
  createCounter: (name: string) => ({
    add: (value: number, { pipeline }: { pipeline: string }) => {
      counts.set(`${name} ${pipeline}`, (counts.get(`${name} ${pipeline}`) ?? 0) + value);
    },
  }),
  createGauge: (name: string) => ({
    set: (value: number, { partition }: { partition?: number }) => gauges.set(`${name} ${partition ?? ''}`, value),
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

const day = (date: string, duplicates: number) =>
  ({
    pipeline: 'events',
    date,
    counts: { written: 10, filtered: 0, duplicates, quarantined: 0 },
    hours: [],
  }) as unknown as DailyBatchResult;

it('export every count of a day before the first day, so that its increase is seen', () => {
  counts.clear();
  const metrics = createMetrics(meter);
  metrics.begin('events');
  const names = ['days_replaced', 'day_rows', 'day_filtered', 'day_duplicates', 'day_quarantined', 'day_unmatched'];
  expect([...counts]).toEqual(names.map((name) => [`daybreak_${name} events`, 0]));
  metrics.dayReplaced(day('2026-11-20', 3));
  expect(counts.get('daybreak_day_duplicates events')).toBe(3);
});

it('say when the newest day was replaced, whatever older days a backfill replaces', () => {
  jest.useFakeTimers();
  try {
    const metrics = createMetrics(meter);
    const replacedAt = (date: string, now: string): unknown => {
      jest.setSystemTime(new Date(now));
      metrics.dayReplaced(day(date, 0));
      return gauges.get('daybreak_day_replaced_timestamp_seconds ');
    };
    const night = Date.parse('2026-11-21T00:31:00Z') / 1_000;
    expect(replacedAt('2026-11-20', '2026-11-21T00:31:00Z')).toBe(night);
    expect(replacedAt('2026-10-01', '2026-11-22T09:00:00Z')).toBe(night);
    expect(replacedAt('2026-11-20', '2026-11-22T10:00:00Z')).toBe(Date.parse('2026-11-22T10:00:00Z') / 1_000);
  } finally {
    jest.useRealTimers();
  }
});

it('do not take an old day for the newest one after the worker has started anew', () => {
  jest.useFakeTimers({ now: new Date('2026-11-22T09:00:00Z') });
  try {
    gauges.clear();
    const metrics = createMetrics(meter);
    metrics.dayReplaced(day('2026-10-01', 0));
    metrics.dayReplaced(day('2026-11-19', 0));
    expect([...gauges]).toEqual([]);
    metrics.dayReplaced(day('2026-11-21', 0));
    expect([...gauges.keys()]).toEqual(['daybreak_day_replaced_timestamp_seconds ']);
  } finally {
    jest.useRealTimers();
  }
});
