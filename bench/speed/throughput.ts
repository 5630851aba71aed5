import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer } from '../../clients/kafka';
import type { Contender } from './contenders';
import { processUse } from './process-use';

export interface Throughput {
  readonly events: number;
  /** From the first commit on, so that no side's start counts. */
  readonly eventsPerSecond: number;
  /** From the order to start to the last commit. */
  readonly seconds: number;
  /** Of all processes, their start included. */
  readonly cpuSeconds: number;
  readonly peakMebibytes: number;
}

const BATCH = 5_000;
const POLL_MS = 20;
const LIMIT_MS = 900_000;

/** Fills a topic, gzip, spread over its partitions. */
export async function fill(brokers: readonly string[], topic: string, events: number, partitions: number) {
  const producer = await KafkaProducer.connect({ brokers });
  for (let id = 0; id < events;) {
    const partition = Math.floor(id / BATCH) % partitions;
    const messages = [];
    for (let last = Math.min(events, id + BATCH); id < last; id++) {
      messages.push({ value: JSON.stringify({ hello: 'ssm-seoul', id, time: '2026-11-21 12:00:00' }), partition });
    }
    await producer.send(topic, messages);
  }
  await producer.close();
}

/** Drains a filled topic with a contender that is started for it, and stopped. */
export async function measureThroughput(start: () => Promise<Contender>, events: number): Promise<Throughput> {
  const began = performance.now();
  const contender = await start();
  try {
    const before = await untilMore(contender, 0);
    const first = performance.now();
    await untilMore(contender, events - 1);
    const end = performance.now();
    return {
      events,
      eventsPerSecond: Math.round((events - before) / ((end - first) / 1000)),
      seconds: Number(((end - began) / 1000).toFixed(2)),
      ...(await processUse(contender.pids)),
    };
  } finally {
    await contender.stop();
  }
}

/** How much is committed, once it is more than `number`. */
async function untilMore(contender: Contender, number: number): Promise<number> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const committed = await contender.committed();
    if (committed > number) return committed;
    if (performance.now() > deadline) throw new Error(`${committed} of ${number + 1} events after ${LIMIT_MS} ms`);
    await sleep(POLL_MS);
  }
}
