import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { background, daybreak, succeed, type BackgroundCommand } from '../support/daybreak';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';

useStack();
jest.setTimeout(300_000);

let pipeline: OwnPipeline;
let worker: BackgroundCommand;
/** The folder that the commands read; the worker reads another, whose transform somebody broke. */
let whole: OwnPipeline;

beforeAll(async () => {
  pipeline = await ownPipeline();
  whole = await ownPipeline((yaml) => yaml, 'events', pipeline.name);
  await writeFile(
    join(pipeline.folder, 'transform.sql'),
    'SELECT e.time, e.id AS user_id, n.name AS user_name, n.uid FROM events e JOIN names n ON n.uid::DOUBLE = e.id',
  );
  worker = await background('worker --role speed', pipeline.environment, '"msg":"ready"');
});

afterAll(async () => {
  await worker.stop();
  await pipeline.remove();
  await whole.remove();
});

it('that fails is not shown as running: its status has the reason, and what to do', async () => {
  await succeed(`speed start --pipeline ${pipeline.name}`, whole.environment);
  const status = () => daybreak(`speed status --pipeline ${pipeline.name}`, whole.environment);
  let ended = await status();
  while (ended.code === 0) {
    await sleep(200);
    ended = await status();
  }
  expect(ended.code).toBe(1);
  expect(ended.stderr).toContain(`NOT_RUNNING the speed layer of ${pipeline.name} has failed: BAD_TRANSFORM: `);
  expect(ended.stderr).toContain('write n.uid = e.id::BIGINT');
  expect(ended.stderr).toContain(`npx daybreak speed start --pipeline ${pipeline.name}`);
});
