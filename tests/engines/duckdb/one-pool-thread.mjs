// Prints how many files can be looked at, one after another, while a thread's statement runs.
import { DuckDBInstance } from '@duckdb/node-api';
import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { bundle } from '../../../scripts/bundle.mjs';

const file = new URL(import.meta.url);
if (isMainThread) {
  let [isRunning, looks] = [false, 0];
  new Worker(file).on('message', async (message) => {
    isRunning = message === 'begun';
    while (isRunning) {
      await stat(file);
      if (isRunning) looks += 1;
    }
    if (message === 'ended') process.stdout.write(`${looks}\n`);
  });
} else {
  const { queryCount } = createRequire(import.meta.url)(await bundle('engines/duckdb/query.ts'));
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  parentPort.postMessage('begun');
  await queryCount(connection, 'SELECT count(*) FROM range(200000000) AS numbers(i) WHERE hash(i) % 7 = 3');
  parentPort.postMessage('ended');
}
