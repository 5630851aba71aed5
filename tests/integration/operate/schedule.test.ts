import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import type { LateDataWatchResult } from '../../../domain/late-data';
import type { Pipeline } from '../../../domain/pipeline';
import { nightlyRunOf } from '../../../activities/operate/nightly-runs';
import { loadPipeline } from '../../../engines/load-pipeline';
import { applySchedules, nightlySchedule } from '../../../scripts/operate/schedule/schedules';
import type { lateDataWatch } from '../../../workflows';
import { daybreak, succeed } from '../support/daybreak';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { startStubWorker, type StubWorker } from './stub-worker';
import { until } from '../support/until';

useStack();

let own: OwnPipeline;
let pipeline: Pipeline;
let worker: StubWorker;

beforeAll(async () => {
  own = await ownPipeline();
  ({ pipeline } = await loadPipeline(own.folder));
  worker = await startStubWorker(own);
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => own.remove(),
  ),
);

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
  // Kafka and Druid need not be up for it.
  const { stdout: status } = await daybreak(`status --pipeline ${own.name}`, own.environment);
  for (const id of ['nightly', 'late-data'])
    expect(status).toContain(`! the schedule ${id}/${own.name} is paused: paused by daybreak schedule pause`);
  const back = await succeed(`schedule apply --dry-run --pipeline ${own.name}`, own.environment);
  expect(back).toContain('would be updated\n  at: 02:05 → 00:30\n  catchUpWindow: 3 days → 30 days');
  await succeed(`schedule apply --pipeline ${own.name}`, own.environment);
  await succeed(`schedule resume --pipeline ${own.name}`, own.environment);
});

it('catches up every night that was missed: one run a day, each of its own day, one after another', async () => {
  const wanted = nightlySchedule(pipeline);
  const handle = worker.client.schedule.getHandle(wanted.scheduleId);
  // Runs the stub days. The nights of three days that are over are caught up, as after an outage.
  await handle.update((present) => ({ ...present, action: { ...present.action, taskQueue: worker.taskQueue } }));
  await handle.backfill({
    start: new Date('2026-03-01T00:00:00+09:00'),
    end: new Date('2026-03-04T00:00:00+09:00'), // With the schedule's own policies.
  });
  const days = ['2026-02-28', '2026-03-01', '2026-03-02'];
  const runs = () => worker.runs('2026-02-01', '2026-03-31');
  await until('every night', async () => (await runs()).filter(({ running }) => !running).length >= days.length);
  const done = (await runs()).sort((a, b) => (a.startedAt < b.startedAt ? -1 : 1));
  expect(done.map(({ date }) => date)).toEqual(days);
  for (const [index, { startedAt }] of done.entries()) {
    expect(startedAt >= (done[index - 1]?.closedAt ?? '')).toBe(true);
  }
});

it('begins with the day that it is given, keeps it, and counts no earlier day as missed', async () => {
  const first = shiftDate(businessDateOf(new Date(), pipeline.timeZone), 1);
  const [nightly] = await applySchedules(worker.client, pipeline, false, { from: first });
  expect(nightly?.changes).toContainEqual({ setting: 'firstDay', from: 'any', to: first });
  expect((await applySchedules(worker.client, pipeline, false)).map(({ done }) => done)).toEqual([
    'unchanged',
    'unchanged',
  ]);
  const described = await succeed(`schedule describe --pipeline ${own.name}`, own.environment);
  expect(described).toContain(`firstDay: ${first}\n`);
  // Its first night comes after it.
  expect(/next: (\S+)/.exec(described)?.[1]).toBe(shiftDate(first, 1));
  const night = await nightlyRunOf(worker.client, pipeline, shiftDate(first, -1));
  expect(night.due < (night.begins ?? 0)).toBe(true);
  expect((await nightlyRunOf(worker.client, pipeline, first)).due >= (night.begins ?? Infinity)).toBe(true);
  await succeed(`schedule apply --from 2026-01-01 --pipeline ${own.name}`, own.environment);
});

it('has a schedule for the deadline as long as the pipeline has one', async () => {
  const schedule = `deadline/${own.name}`;
  const due: Pipeline = { ...pipeline, notify: { ...pipeline.notify, provenBy: '06:00' } };
  const last = async (wanted: Pipeline) => (await applySchedules(worker.client, wanted, false)).at(-1);
  expect(await last(due)).toMatchObject({ schedule, done: 'created' });
  expect(await last(due)).toEqual({ schedule, done: 'unchanged', changes: [] });
  const described = await succeed(`schedule describe --pipeline ${own.name}`, own.environment);
  expect(described).toMatch(/schedule: deadline\/\S+\nstate: running\n.*next: \S+ 06:00 \+09:00/s);
  expect(await last(pipeline)).toEqual({ schedule, done: 'deleted', changes: [] });
  const left = await succeed(`schedule describe --pipeline ${own.name}`, own.environment);
  expect(left).not.toContain('deadline/');
});

it('shows how each run has ended', async () => {
  const described = await succeed(`schedule describe --pipeline ${own.name}`, own.environment);
  expect(described).toMatch(/recent: \S+ 00:30 \+09:00 (replaced|running)/);
});

const inNewYork = (at: string): Pipeline => ({
  ...pipeline,
  timeZone: 'America/New_York',
  schedule: { ...pipeline.schedule, at },
});

it('brings a schedule of an earlier version to the nights in which the clocks change', async () => {
  const { client } = worker;
  const wanted = inNewYork('02:15');
  await applySchedules(client, wanted, false);
  await client.schedule
    .getHandle(nightlySchedule(wanted).scheduleId)
    .update((present) => ({ ...present, spec: { calendars: [{ hour: 2, minute: 15 }], timezone: wanted.timeZone } }));

  const [nightly] = await applySchedules(client, wanted, false);
  expect(nightly).toMatchObject({
    done: 'updated',
    changes: [
      { setting: 'atClockChanges', from: 'none', to: expect.stringContaining('2027-03-14 03:00, ') as string },
      { setting: 'notAt', from: 'none', to: expect.stringContaining('2027-03-14 02:*, ') as string },
    ],
  });
  expect((await applySchedules(client, wanted, false)).map(({ done }) => done)).toEqual(['unchanged', 'unchanged']);
  const described = await succeed(`schedule describe --pipeline ${own.name}`, own.environment);
  expect(described).toContain('atClockChanges: 2027-03-14 03:00, 2028-03-12 03:00, 2029-03-11 03:00\n');
});

it.each([
  // From 02:00 to 03:00, and from 02:00 back to 01:00.
  ['02:15', '2026-03-07T00:00:00-05:00', '2026-03-10T00:00:00-04:00', ['2026-03-06', '2026-03-07', '2026-03-08']],
  ['01:15', '2026-10-31T00:00:00-04:00', '2026-11-03T00:00:00-05:00', ['2026-10-30', '2026-10-31', '2026-11-01']],
])('runs each day once where the clocks change at %s', async (at, start, end, days) => {
  const wanted = inNewYork(at);
  await applySchedules(worker.client, wanted, false);
  const handle = worker.client.schedule.getHandle(nightlySchedule(wanted).scheduleId);
  await handle.update((present) => ({ ...present, action: { ...present.action, taskQueue: worker.taskQueue } }));
  const taken = async () => (await handle.describe()).info.numActionsTaken;
  const before = await taken();
  await handle.backfill({ start: new Date(start), end: new Date(end) });
  const [from = '', to = ''] = [days[0], days.at(-1)];
  const over = async () => (await worker.runs(from, to)).filter(({ running }) => !running);
  await until('every night', async () => {
    return (await over()).length >= days.length && (await handle.describe()).info.runningActions.length === 0;
  });
  expect((await taken()) - before).toBe(days.length);
  expect((await over()).map(({ date }) => date).sort()).toEqual(days);
});

it('finds a day that no night ran, shows it with its command, and builds it where the pipeline says so', async () => {
  const missed = shiftDate(businessDateOf(new Date(), pipeline.timeZone), -3);
  await mkdir(own.input, { recursive: true });
  await writeFile(join(own.input, `names.${missed.replaceAll('-', '')}.05.json`), '');
  const watch = async (): Promise<LateDataWatchResult['days'][number] | undefined> => {
    const { days } = await worker.client.workflow.execute<typeof lateDataWatch>('lateDataWatch', {
      taskQueue: worker.taskQueue,
      workflowId: `late-data-watch/${own.name}`,
      args: [{ pipeline: own.name }],
    });
    return days.find(({ date }) => date === missed);
  };

  expect(await watch()).toMatchObject({
    decision: 'missed',
    because: expect.stringContaining('did not come') as string,
  });
  const { stdout } = await daybreak(`status --pipeline ${own.name}`, own.environment);
  expect(stdout).toContain(`${missed} waits for a recompute: never built: its nightly run was due at `);
  expect(stdout).toContain(`→ npx daybreak batch run --pipeline ${own.name} --date ${missed}\n`);

  const yaml = join(own.folder, 'pipeline.yaml');
  await writeFile(yaml, `${await readFile(yaml, 'utf8')}\nlateData: { missedDays: build }\n`);
  expect(await watch()).toMatchObject({ decision: 'build', outcome: 'replaced' });
  expect(await worker.runs(missed, missed)).toHaveLength(1);
  // The stub day builds nothing. Its run alone is a reason not to build it each hour.
  expect(await watch()).toMatchObject({ decision: 'leave', because: 'not built: its last run ended with replaced' });
});

it('pauses, describes and deletes both, also where the pipeline’s folder is gone', async () => {
  await rename(own.folder, `${own.folder}-away`);
  const schedule = (command: string) => daybreak(`schedule ${command} --pipeline ${own.name}`, own.environment);
  expect(await schedule('pause')).toMatchObject({ code: 0, stderr: '' });
  expect((await schedule('describe')).stdout).toContain('state: paused');
  expect(await schedule('resume')).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse((await schedule('delete --json')).stdout)).toEqual([
    { schedule: `nightly/${own.name}`, done: 'deleted' },
    { schedule: `late-data/${own.name}`, done: 'deleted' },
  ]);
  for (const command of ['delete', 'pause', 'trigger', 'describe']) {
    const { code, stderr } = await schedule(command);
    expect([command, code, stderr]).toEqual([command, 1, expect.stringContaining('NOT_RUNNING')]);
  }
  expect((await daybreak('schedule delete --pipeline ../outside', own.environment)).code).toBe(2);
});
