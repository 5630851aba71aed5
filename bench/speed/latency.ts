import { Kafka, logLevel } from 'kafkajs';
import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer, KafkaTopics } from '../../clients/kafka';
import type { SpeedPipeline } from '../../tests/integration/speed/speed-pipeline';

export interface Latency {
  readonly eventsPerSecond: number;
  readonly events: number;
  readonly p50: number;
  readonly p99: number;
  readonly maximum: number;
}

const TICK_MS = 10;
const WARM_UP_SECONDS = 3;

/**
 * Milliseconds from the append of an event to its row being there for a read-committed consumer. Both ends are measured by this process's clock, so that the consumer's own delay counts too.
 */
export async function measureLatency(
  brokers: readonly string[],
  pipeline: SpeedPipeline,
  rate: number,
  seconds: number,
): Promise<Latency> {
  const kafka = { brokers };
  const topics = await KafkaTopics.connect(kafka);
  const producer = await KafkaProducer.connect(kafka);
  const partitions = await topics.partitionsOf(pipeline.topic);
  const sentAt = new Map<number, number>();
  const latencies: number[] = [];
  const total = rate * (WARM_UP_SECONDS + seconds);
  const consumer = new Kafka({ brokers: [...brokers], logLevel: logLevel.NOTHING }).consumer({
    groupId: `latency-${pipeline.name}`,
    maxWaitTimeInMs: 20,
    readUncommitted: false,
  });
  await consumer.connect();
  await consumer.subscribe({ topic: pipeline.outputTopic });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({
    eachBatch: ({ batch }) => {
      const now = performance.now();
      for (const { key } of batch.messages) {
        const id = Number(key?.toString());
        const sent = sentAt.get(id);
        if (sent !== undefined && id >= rate * WARM_UP_SECONDS) latencies.push(now - sent);
      }
      return Promise.resolve();
    },
  });
  await joined;
  const start = performance.now();
  let id = 0;
  while (id < total) {
    await sleep(TICK_MS);
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1000) * rate));
    const messages = [];
    for (; id < due; id++) {
      const value = JSON.stringify({ hello: 'ssm-seoul', id, time: '2026-11-21 12:00:00' });
      messages.push({ value, partition: id % partitions });
      sentAt.set(id, performance.now());
    }
    if (messages.length > 0) void producer.send(pipeline.topic, messages);
  }
  while (latencies.length < rate * seconds) await sleep(TICK_MS);
  await consumer.disconnect();
  await producer.close();
  await topics.close();
  const sorted = latencies.sort((left, right) => left - right);
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? NaN);
  return {
    eventsPerSecond: rate,
    events: sorted.length,
    p50: at(0.5),
    p99: at(0.99),
    maximum: at(1 - 1 / sorted.length),
  };
}
