import { setTimeout as sleep } from 'node:timers/promises';
import { KafkaProducer, KafkaTopics, readTopic } from '../../clients/kafka';
import type { Contender, Course } from './contenders';
import { busySeconds, processUse } from './process-use';

export interface Throughput {
  /**
   * From the append of the first output row to that of the last, by the broker's clock. The contender's start does not
   * count.
   */
  readonly eventsPerSecond: number;
  /** The rows that a read-committed reader finds at the end. */
  readonly rows: number;
  /** From the start command to the last commit. */
  readonly seconds: number;
  /** Of all the contender's processes, including their start. */
  readonly cpuSeconds: number;
  readonly peakMebibytes: number;
  /** CPU seconds that the machine meanwhile spent on processes other than the contender, Kafka and this bench. */
  readonly othersCpuSeconds: number;
}

const BATCH = 5_000;
const POLL_MS = 100;
const LIMIT_MS = 900_000;

/** Fills a topic with `events` events in gzip batches, spread over its partitions. */
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

/** Starts a contender, lets it drain a filled topic, and stops it. Its output topic must have LogAppendTime. */
export async function measureThroughput(
  { brokers, outputTopic }: Pick<Course, 'brokers' | 'outputTopic'>,
  start: () => Promise<Contender>,
  events: number,
): Promise<Throughput> {
  const began = performance.now();
  const [busy, own] = [await busySeconds(), (await processUse([process.pid])).cpuSeconds];
  const contender = await start();
  try {
    await untilCommitted(contender, events);
    const seconds = (performance.now() - began) / 1000;
    const used = (await processUse([process.pid])).cpuSeconds - own;
    const others = (await busySeconds()) - busy - used;
    return {
      ...(await appendRate(brokers, outputTopic)),
      seconds: Number(seconds.toFixed(2)),
      ...(await processUse(contender.pids)),
      othersCpuSeconds: Number(Math.max(0, others).toFixed(2)),
    };
  } finally {
    await contender.stop();
  }
}

async function untilCommitted(contender: Contender, events: number): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const committed = await contender.committed();
    if (committed >= events) return;
    if (performance.now() > deadline) throw new Error(`${committed} of ${events} events after ${LIMIT_MS} ms`);
    await sleep(POLL_MS);
  }
}

/** The rate of all rows except those of the first millisecond, in which the measurement starts. */
async function appendRate(brokers: readonly string[], topic: string) {
  const topics = await KafkaTopics.connect({ brokers });
  const spans = await topics.offsetsOf(topic);
  await topics.close();
  let [first, last, atFirst, rows] = [Infinity, 0, 0, 0];
  for await (const { record } of readTopic({ brokers }, topic, spans)) {
    rows++;
    last = Math.max(last, record.timestamp);
    if (record.timestamp === first) atFirst++;
    else if (record.timestamp < first) [first, atFirst] = [record.timestamp, 1];
  }
  return { eventsPerSecond: Math.round((rows - atFirst) / ((last - first) / 1000)), rows };
}
