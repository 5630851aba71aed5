// A process that runs a shard, for tests to kill. shard-process.ts forks it and gets its messages.
import { join } from 'node:path';
import type { Counts } from '../../../activities/speed/committed-counts';
import { LivePipeline } from '../../../activities/speed/live-pipeline';
import { Shard } from '../../../activities/speed/shard';
import { DaybreakError } from '../../../domain/errors';
import type { ShardMessage, ShardOrder } from './shard-process';

const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined };
const stop = new AbortController();
process.on('SIGTERM', () => {
  stop.abort();
});
process.on('disconnect', () => process.exit(1));
process.once('message', (order) => {
  void run(order as ShardOrder); // The parent sends nothing else.
});
tell({ kind: 'loaded' });

async function run({ brokers, pipelines, input }: ShardOrder): Promise<void> {
  try {
    const folders = { pipelines, data: join(pipelines, '.data'), logger: silent };
    const live = await LivePipeline.open(folders, input.pipeline);
    let committed = 0;
    const onCommitted = (_partition: number, { events }: Counts): void => {
      committed += events;
    };
    const { pipeline } = live;
    const shard = new Shard({ kafka: { brokers }, pipeline, input, transform: live, logger: silent, onCommitted });
    setInterval(() => {
      const peakMebibytes = process.resourceUsage().maxRSS / 1024;
      tell({ kind: 'progress', progress: shard.progress, committed, peakMebibytes });
    }, 50);
    tell({ kind: 'ended', result: await shard.run(stop.signal) });
  } catch (thrown) {
    tell({ kind: 'failed', code: thrown instanceof DaybreakError ? thrown.code : String(thrown) });
  }
  process.disconnect();
}

function tell(message: ShardMessage): void {
  process.send?.(message);
}
