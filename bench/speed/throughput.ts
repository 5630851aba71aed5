import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { KafkaProducer } from '../../clients/kafka';
import { ShardProcess } from '../../tests/integration/speed/shard-process';
import type { SpeedPipeline } from '../../tests/integration/speed/speed-pipeline';
import { until } from '../../tests/integration/speed/until';

export interface Throughput {
  readonly events: number;
  /** From the first commit on, so that neither side's start counts. */
  readonly eventsPerSecond: number;
  /** From the order to start to the last commit. */
  readonly seconds: number;
  /** Of all processes, their start included. */
  readonly cpuSeconds: number;
  readonly peakMebibytes: number;
}

const BATCH = 5_000;

/** Fills the pipeline's topic, gzip, spread over its partitions. */
export async function fill(brokers: readonly string[], { topic }: SpeedPipeline, events: number, partitions: number) {
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

/** Drains a filled topic with as many processes as asked; `heapMebibytes` limits each one's heap. */
export async function measureThroughput(
  brokers: readonly string[],
  { pipelines, name }: SpeedPipeline,
  events: number,
  { processes, heapMebibytes = 512 }: { readonly processes: number; readonly heapMebibytes?: number },
): Promise<Throughput> {
  const shards = Array.from({ length: processes }, () => new ShardProcess([`--max-old-space-size=${heapMebibytes}`]));
  const committed = (): number => shards.reduce((sum, shard) => sum + shard.committed, 0);
  const start = performance.now();
  for (const [shard, one] of shards.entries()) {
    await one.go({ brokers, pipelines, input: { pipeline: name, shard, shards: processes, maximumSeconds: 3_600 } });
  }
  await until('the first commit', () => committed() > 0);
  const [first, before] = [performance.now(), committed()];
  await until('the last commit', () => committed() >= events, 600);
  const end = performance.now();
  const use = await Promise.all(shards.map(({ pid }) => processUse(pid)));
  for (const shard of shards) await shard.end('SIGTERM');
  return {
    events,
    eventsPerSecond: Math.round((events - before) / ((end - first) / 1000)),
    seconds: Number(((end - start) / 1000).toFixed(2)),
    cpuSeconds: Number(use.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0).toFixed(2)),
    peakMebibytes: use.reduce((sum, { peakMebibytes }) => sum + peakMebibytes, 0),
  };
}

/** CPU time and the largest resident size so far of a process, from Linux's /proc. */
async function processUse(pid: number): Promise<{ readonly cpuSeconds: number; readonly peakMebibytes: number }> {
  const [status, stat, ticks] = await Promise.all([
    readFile(`/proc/${pid}/status`, 'utf8'),
    readFile(`/proc/${pid}/stat`, 'utf8'),
    promisify(execFile)('getconf', ['CLK_TCK']),
  ]);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const cpuTicks = Number(fields[11]) + Number(fields[12]);
  return {
    cpuSeconds: cpuTicks / Number(ticks.stdout),
    peakMebibytes: Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024),
  };
}
