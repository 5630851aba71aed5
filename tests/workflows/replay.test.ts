import { temporal } from '@temporalio/proto';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import * as workflows from '../../workflows';
import { keptWorkflowBundle, payloadConverterPath } from './kept-bundle';

const FOLDER = resolve(__dirname, '../histories');
const files = readdirSync(FOLDER).filter((name) => /\.history(\.gz)?$/.test(name));
const recorded = (name: string): Buffer => {
  const bytes = readFileSync(join(FOLDER, name));
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
};

it('has a recorded history of every workflow', () => {
  const types = new Set(files.map((name) => name.replace(/[-.].*$/, '')));
  expect([...types].sort()).toEqual(Object.keys(workflows).sort());
});

it('replays every recorded history as it happened', async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const histories = files.map((name) => ({
    workflowId: name,
    history: temporal.api.history.v1.History.decode(recorded(name)),
  }));
  const errors: Record<string, unknown> = {};
  const replayed = Worker.runReplayHistories(
    { workflowBundle: await keptWorkflowBundle(), dataConverter: { payloadConverterPath } },
    histories,
  );
  for await (const { workflowId, error } of replayed) errors[workflowId] = error;
  expect(errors).toEqual(Object.fromEntries(files.map((name) => [name, undefined])));
  expect(Object.keys(errors).sort()).toEqual([...files].sort());
});
