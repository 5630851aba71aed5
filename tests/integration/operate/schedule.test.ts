import { setTimeout as sleep } from 'node:timers/promises';
import type { Pipeline } from '../../../domain/pipeline';
import { loadPipeline } from '../../../engines/pipeline-folder';
import { applySchedules, lateDataSchedule, nightlySchedule } from '../../../scripts/schedule';
import { succeed } from '../support/daybreak';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { startStubWorker, type StubWorker } from './stub-worker';

useStack();

let own: OwnPipeline;
let pipeline: Pipeline;
let worker: StubWorker;

beforeAll(async () => {
  own = await ownPipeline();
  ({ pipeline } = await loadPipeline(own.folder));
  worker = await startStubWorker(own);
});

afterAll(async () => {
  for (const { scheduleId } of [nightlySchedule(pipeline), lateDataSchedule(pipeline)]) {
    await worker.client.schedule.getHandle(scheduleId).delete();
  }
  await worker.stop();
  await own.remove();
});

it('shows what it would do, does it, and then finds nothing to do', async () => {
  const apply = (dryRun: boolean) => applySchedules(worker.client, pipeline, dryRun);
  expect((await apply(true)).map(({ done }) => done)).toEqual(['created', 'created']);
  expect((await apply(false)).map(({ done }) => done)).toEqual(['created', 'created']);
  expect((await apply(false)).map(({ done, changes }) => [done, changes])).toEqual([
    ['unchanged', []],
    ['unchanged', []],
  ]);
});

it('changes only what the pipeline says otherwise, names it, and leaves a paused schedule paused', async () => {
  await succeed(`schedule pause --pipeline ${own.name}`, own.environment);
  const later: Pipeline = { ...pipeline, schedule: { ...pipeline.schedule, at: '02:05', catchUpDays: 3 } };
  const [nightly, lateData] = await applySchedules(worker.client, later, false);
  expect(nightly).toMatchObject({
    done: 'updated',
    changes: [
      { setting: 'at', from: '00:30', to: '02:05' },
      { setting: 'catchUpWindow', from: '30 days', to: '3 days' },
    ],
  });
  expect(lateData?.done).toBe('unchanged');
  expect(await succeed(`schedule describe --pipeline ${own.name}`, own.environment)).toContain('state: paused');
  const back = await succeed(`schedule apply --dry-run --pipeline ${own.name}`, own.environment);
  expect(back).toContain('would be updated\n  at: 02:05 → 00:30\n  catchUpWindow: 3 days → 30 days');
  await succeed(`schedule apply --pipeline ${own.name}`, own.environment);
  await succeed(`schedule resume --pipeline ${own.name}`, own.environment);
});

it('catches up every night that was missed: one run a day, each of its own day, one after another', async () => {
  const wanted = nightlySchedule(pipeline);
  const handle = worker.client.schedule.getHandle(wanted.scheduleId);
  // Onto the stubbed days. The nights of three days that are over, taken as after an outage.
  await handle.update((present) => ({ ...present, action: { ...present.action, taskQueue: worker.taskQueue } }));
  await handle.backfill({
    start: new Date('2026-03-01T00:00:00+09:00'),
    end: new Date('2026-03-04T00:00:00+09:00'), // By the schedule's own policies.
  });
  const days = ['2026-02-28', '2026-03-01', '2026-03-02'];
  const runs = () => worker.runs('2026-02-01', '2026-03-31');
  while ((await runs()).filter(({ running }) => !running).length < days.length) await sleep(300);
  const done = (await runs()).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  expect(done.map(({ date }) => date)).toEqual(days);
  for (const [index, { startedAt }] of done.entries()) {
    expect(startedAt >= (done[index - 1]?.closedAt ?? '')).toBe(true);
  }
});
