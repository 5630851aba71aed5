import { Client, Connection } from '@temporalio/client';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { dayRuns, type DayRun } from '../../../activities/operate/day-runs';
import { readConfig } from '../../../worker/config';
import { connectOptions } from '../../../worker/connect';
import type { OwnPipeline } from '../support/own-pipeline';

export interface StubWorker {
  readonly client: Client;
  readonly taskQueue: string;
  /** Every run of a day between two dates, running or ended. */
  runs(from: string, to: string): Promise<DayRun[]>;
  stop(): Promise<void>;
}

/** A worker on the real Temporal, with its own task queue. Its days are those of day-stub.ts. */
export async function startStubWorker(pipeline: OwnPipeline): Promise<StubWorker> {
  const taskQueue = `stub-${pipeline.name}`;
  const child = fork(resolve(__dirname, 'stub-child.ts'), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, ...pipeline.environment, STUB_QUEUE: taskQueue },
  });
  await once(child, 'message');
  const { connectionOptions, namespace } = connectOptions(readConfig());
  const connection = await Connection.connect(connectionOptions);
  const client = new Client({ connection, namespace });
  return {
    client,
    taskQueue,
    async runs(from, to) {
      const runs: DayRun[] = [];
      for await (const run of dayRuns(client, pipeline.name, { from, to })) runs.push(run);
      return runs;
    },
    async stop() {
      await connection.close();
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
}
