import { setTimeout as sleep } from 'node:timers/promises';
import { endOfRecords, KafkaProducer, KafkaTopics, readTopic, recordSlices } from '../../clients/kafka';
import { clusterOf } from '../../clients/kafka/connection';
import { fetchRecords } from '../../clients/kafka/fetch';
import { leaderOf } from '../../clients/kafka/leader-of';
import type { SpeedPipeline } from '../../tests/integration/shard/speed-pipeline';

export interface Latency {
  readonly eventsPerSecond: number;
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
  readonly maximum: number;
}

const TICK_MS = 10;
/** At first three JITs and DuckDB's plans are cold. A measurement shorter than this warms up for its own length. */
const WARM_UP_SECONDS = 10;
const FETCH = { maxWaitMs: 100, minBytes: 1, maxBytes: 2 ** 20 };
const SLICE = { rows: () => 10_000, bytes: 2 ** 22 };

/**
 * Milliseconds from the broker's append of an event until a read-committed reader has its row, at a steady rate. The
 * pipeline's topic must have LogAppendTime, so that the sender's own delay does not count. The reader's delay counts.
 */
export async function measureLatency(
  brokers: readonly string[],
  pipeline: SpeedPipeline,
  rate: number,
  seconds: number,
): Promise<Latency> {
  const topics = await KafkaTopics.connect({ brokers });
  const warmUp = rate * Math.min(WARM_UP_SECONDS, seconds);
  const total = warmUp + rate * seconds;
  const seenAt = new Map<number, number>();
  const end = new AbortController();
  const outputs = await topics.offsetsOf(pipeline.outputTopic);
  const tails = outputs.map(({ partition, high }) =>
    tail(brokers, pipeline.outputTopic, { partition, offset: high }, seenAt, end.signal),
  );
  await send(brokers, pipeline.topic, await topics.partitionsOf(pipeline.topic), rate, total);
  while (seenAt.size < total) await sleep(TICK_MS);
  end.abort();
  await Promise.all(tails);
  const latencies: number[] = [];
  for await (const { record } of readTopic({ brokers }, pipeline.topic, await topics.offsetsOf(pipeline.topic))) {
    const { id } = JSON.parse(record.value?.toString() ?? '') as { id: number }; // `send` wrote it.
    if (id >= warmUp) latencies.push((seenAt.get(id) ?? Infinity) - record.timestamp);
  }
  await topics.close();
  latencies.sort((left, right) => left - right);
  const at = (share: number): number => latencies[Math.floor(latencies.length * share)] ?? NaN;
  return {
    eventsPerSecond: rate,
    events: latencies.length,
    p50: at(0.5),
    p99: at(0.99),
    maximum: latencies.at(-1) ?? NaN,
  };
}

/** Sends `total` events at a steady rate, spread over the partitions. */
async function send(brokers: readonly string[], topic: string, partitions: number, rate: number, total: number) {
  const producer = await KafkaProducer.connect({ brokers });
  const sending: Promise<void>[] = [];
  const start = performance.now();
  for (let id = 0; id < total;) {
    await sleep(TICK_MS);
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * rate));
    const messages = [];
    for (; id < due; id++) {
      const value = JSON.stringify({ hello: 'ssm-seoul', id, time: '2026-11-21 12:00:00' });
      messages.push({ value, partition: id % partitions });
    }
    if (messages.length > 0) sending.push(producer.send(topic, messages));
  }
  await Promise.all(sending);
  await producer.close();
}

/** Notes when each row of a partition can be read. Its key identifies the row. */
async function tail(
  brokers: readonly string[],
  topic: string,
  { partition, offset }: { readonly partition: number; readonly offset: number },
  seenAt: Map<number, number>,
  signal: AbortSignal,
): Promise<void> {
  const cluster = clusterOf({ brokers });
  await cluster.connect();
  await cluster.addMultipleTargetTopics([topic]);
  const leader = await leaderOf(cluster, topic, partition);
  for (let from = offset; !signal.aborted;) {
    const fetched = await fetchRecords(leader, { topic, partition, offset: from, ...FETCH });
    const now = Date.now();
    for await (const slice of recordSlices(fetched, SLICE)) {
      for (const index of slice.values.keys()) seenAt.set(Number(slice.record(index).key?.toString()), now);
    }
    from = endOfRecords(fetched) ?? from;
  }
  await cluster.disconnect();
}
