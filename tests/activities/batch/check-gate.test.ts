import { MockActivityEnvironment } from '@temporalio/testing';
import { createGateActivities } from '../../../activities/batch/check-gate';
import type { DruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan, type BuiltDay, type GateReport } from '../../../domain/daily-batch';
import { loadPipeline } from '../../../engines/load-pipeline';
import { scratchFolder } from '../../engines/scratch';
import { BUILT } from '../../workflows/day-activities';
import { shownClocks } from '../druid/druid-clocks';

const MINUTE = 60_000;
const data = scratchFolder();

/** Druid with one segment of the day. A historical serves it after `afterQuestions` requests, up to the request `lastly`. */
function druidThatLoads(afterQuestions: number, { lastly = Infinity, zone }: { lastly?: number; zone?: string } = {}) {
  let questions = 0;
  const segment = { published: true, realtime: false, overshadowed: false, compacted: false, appended: true };
  const day = {
    id: 'segment',
    version: 'v1',
    rows: 1,
    start: '2026-11-20T15:00:00.000Z',
    end: '2026-11-21T15:00:00.000Z',
  };
  const druid = {
    compaction: { of: () => Promise.resolve([]) },
    supervisors: {
      status: () => Promise.resolve(undefined),
      find: () => Promise.resolve(undefined),
      last: () => Promise.resolve(undefined),
    },
    queries: {
      columns: () => Promise.resolve([]),
      sql: (query: string) => Promise.resolve([shownClocks(query, zone)]),
      segments: () => {
        questions += 1;
        return Promise.resolve([{ ...segment, ...day, available: questions > afterQuestions && questions <= lastly }]);
      },
    },
  };
  return { druid: druid as unknown as DruidClient, questions: () => questions };
}

async function check(
  druid: DruidClient,
  scheduled: { readonly first: number; readonly attempt: number },
  built: BuiltDay = BUILT,
): Promise<GateReport> {
  const { pipeline } = await loadPipeline('pipelines/events');
  const gate = createGateActivities({
    ...{ druid, kafkaOfDruid: { brokers: [] }, pipelines: 'pipelines', data },
    inputSource: () => ({}) as never,
  });
  const environment = new MockActivityEnvironment({
    scheduledTimestampMs: Date.now() - scheduled.first,
    currentAttemptScheduledTimestampMs: Date.now() - scheduled.attempt,
  });
  const plan = dayPlan(pipeline, parseBusinessDate('2026-11-21'));
  const checked: unknown = await environment.run(() => gate.checkGate(plan, built, { accept: [] }));
  return checked as GateReport; // The return value of checkGate.
}

it('waits in a later attempt too, for as long as in the first', async () => {
  const { druid } = druidThatLoads(2);
  expect(await check(druid, { first: 61_000, attempt: 0 })).not.toHaveProperty('realtimeUnseen');
});

it('asks at least once in an attempt that begins late, and reports what it still waited for', async () => {
  const { druid } = druidThatLoads(Infinity);
  const report = await check(druid, { first: 2 * MINUTE, attempt: 2 * MINUTE });
  expect(report).toMatchObject({ realtimeUnseen: '1 segment of the day to be served' });
});

it('refuses a built day that lacks files of what Druid serves', async () => {
  const { druid } = druidThatLoads(0);
  const gone = { count: 1, names: ['names.20261121.07_1.json'] };
  const { refusals } = await check(druid, { first: 0, attempt: 0 }, { ...BUILT, gone });
  expect(refusals).toMatchObject([{ code: 'FILES_GONE', figures: { gone: 1 } }]);
});

it('waits for no task of a supervisor that is suspended, also where its topic is not there yet', async () => {
  const { druid } = druidThatLoads(0);
  const connecting = { state: 'RUNNING', activeTasks: [] };
  const suspended = { suspended: true, spec: { ioConfig: {} } };
  const supervisors = { status: () => Promise.resolve(connecting), find: () => Promise.resolve(suspended) };
  const batchOnly = { ...druid, supervisors } as unknown as DruidClient;
  const began = Date.now();
  expect(await check(batchOnly, { first: 0, attempt: 0 })).not.toHaveProperty('realtimeUnseen');
  expect(Date.now() - began).toBeLessThan(MINUTE / 2);
});

it('says what was away after it had counted the rows, though it was there before', async () => {
  const { druid } = druidThatLoads(0, { lastly: 1 });
  const report = await check(druid, { first: 0, attempt: 0 });
  expect(report).toMatchObject({ realtimeUnseen: '1 segment of the day to be served' });
});

it('waits for the tasks of a supervisor that Druid is replacing', async () => {
  const { druid } = druidThatLoads(0);
  const running = { suspended: false, spec: { ioConfig: {} } };
  const supervisors = {
    status: () => Promise.resolve(undefined),
    find: () => Promise.resolve(undefined),
    last: () => Promise.resolve(running),
  };
  const replacing = { ...druid, supervisors } as unknown as DruidClient;
  expect(await check(replacing, { first: 2 * MINUTE, attempt: 2 * MINUTE })).toMatchObject({
    realtimeUnseen: 'Druid to replace its supervisor',
  });
});

describe('of realtime that several tasks read', () => {
  const late = { first: 2 * MINUTE, attempt: 2 * MINUTE };
  const task = (id: string, partition: string, isStarted = true) => ({
    id,
    startingOffsets: { [partition]: 0 },
    currentOffsets: isStarted ? { [partition]: 5 } : {},
    lag: {},
  });

  async function unseen(activeTasks: readonly ReturnType<typeof task>[], reached: readonly string[]) {
    const { druid } = druidThatLoads(0);
    const supervisors = {
      status: () => Promise.resolve({ state: 'RUNNING', partitions: 2, activeTasks }),
      find: () => Promise.resolve({ suspended: false, spec: { ioConfig: {} } }),
      reachedTasks: () => Promise.resolve(reached),
    };
    return (await check({ ...druid, supervisors } as unknown as DruidClient, late)).realtimeUnseen;
  }

  it('waits for no replica that does not answer, as long as another serves the same rows', async () => {
    const tasks = [task('a1', '0'), task('a2', '0', false), task('b1', '1'), task('b2', '1')];
    expect(await unseen(tasks, ['a1', 'b2'])).toBeUndefined();
  });

  it('waits for a share of the partitions that no task serves yet', async () => {
    expect(await unseen([task('a1', '0'), task('b1', '1', false)], ['a1', 'b1'])).toContain("realtime's task b1");
    expect(await unseen([task('a1', '0')], ['a1'])).toBe('realtime to start tasks for 1 more partition');
  });
});

it('refuses a day that is another one by the clocks of Druid', async () => {
  const { druid } = druidThatLoads(0, { zone: 'Asia/Tashkent' });
  await expect(check(druid, { first: 0, attempt: 0 })).rejects.toMatchObject({ code: 'DRUID_REFUSED' });
});
