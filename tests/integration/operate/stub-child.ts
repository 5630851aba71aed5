import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { resolve } from 'node:path';
import { createOperateActivities } from '../../../activities/operate';
import { readConfig } from '../../../worker/config';
import { connectOptions } from '../../../worker/connect';
import { typedFailures } from '../../../worker/failures';

/** Serves the task queue in STUB_QUEUE with the workflows of day-stub.ts, in a process of its own, as a worker does. */
async function main(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const config = readConfig();
  const { connectionOptions, namespace } = connectOptions(config);
  const connection = await NativeConnection.connect(connectionOptions);
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: process.env['STUB_QUEUE'] ?? '',
    workflowsPath: resolve(__dirname, 'day-stub.ts'),
    activities: createOperateActivities(config),
    interceptors: { activity: [() => ({ inbound: typedFailures })] },
  });
  process.send?.('ready');
  await worker.run();
  await connection.close();
}

void main();
