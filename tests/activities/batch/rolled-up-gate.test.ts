import { MockActivityEnvironment } from '@temporalio/testing';
import { createGateActivities } from '../../../activities/batch/check-gate';
import type { DruidClient } from '../../../clients/druid';
import { dayPlan, type BuiltDay, type GateReport } from '../../../domain/daily-batch';
import { completeCounts } from '../../../domain/day-manifest';
import { loadPipeline } from '../../../engines/load-pipeline';
import { DAY, pipelineLike, scratchFolder } from '../../engines/scratch';
import { BUILT } from '../../workflows/day-activities';
import { shownClocks } from '../druid/druid-clocks';

const root = scratchFolder();

/** A Druid that has stored so many events in the hour 07 of Seoul. */
function druidWith(events: number): DruidClient {
  const absent = () => Promise.resolve(undefined);
  const druid = {
    compaction: { of: () => Promise.resolve([]) },
    supervisors: { status: absent, find: absent, last: absent },
    queries: {
      columns: () => Promise.resolve(['__time', 'user_name', 'count']),
      segmentColumns: () => Promise.resolve([]),
      segments: () => Promise.resolve([]),
      sql: (query: string) => {
        if (query.includes('TIME_FORMAT')) return Promise.resolve([shownClocks(query)]);
        return Promise.resolve([/>= [^<]*22:00:00/.test(query) ? { stored: 1, events } : { stored: 0, events: 0 }]);
      },
    },
  };
  return druid as unknown as DruidClient;
}

interface Hour {
  readonly written: number;
  readonly filtered?: number;
  readonly multiplied?: number;
  readonly duplicates: number;
}

async function check(
  druid: DruidClient,
  { written, filtered = 0, multiplied = 0, duplicates }: Hour,
): Promise<GateReport> {
  const folder = await pipelineLike('events', root, {
    'pipeline.yaml': (text) => text.replace(/^druid:$/m, 'druid:\n  rollup: { dimensions: [user_name] }'),
  });
  const { pipeline } = await loadPipeline(folder);
  const kept = written + filtered - multiplied;
  const counts = {
    read: kept + duplicates,
    written,
    filtered,
    multiplied,
    kept,
    duplicates,
    quarantined: 0,
    outsideDay: 0,
  };
  const hours = BUILT.hours.map((hour) => ({ ...hour, written, filtered, multiplied, duplicates }));
  const built: BuiltDay = { ...BUILT, counts: completeCounts(counts, hours), hours };
  const gate = createGateActivities({
    ...{ druid, kafkaOfDruid: { brokers: [] }, pipelines: root, data: root },
    inputSource: () => ({}) as never,
  });
  const environment = new MockActivityEnvironment();
  return environment.run(() => gate.checkGate(dayPlan(pipeline, DAY), built, { accept: [] }));
}

it('takes a duplicate for as many rows as its record has', async () => {
  // 1,000 distinct records of ten rows each, of which 15 came twice.
  const { refusals, realtime } = await check(druidWith(10_150), { written: 10_000, multiplied: 9_000, duplicates: 15 });
  expect(refusals).toEqual([]);
  expect(realtime).toMatchObject([{ hour: '07', rows: 10_150, distinct: 10_000 }]);
});

it('takes no row off for duplicates of records that have no row', async () => {
  // Of 1,000 distinct records 100 have a row, and 500 came twice. Of those with a row the batch lacks 40.
  const { refusals } = await check(druidWith(150), { written: 60, filtered: 900, duplicates: 480 });
  expect(refusals).toMatchObject([{ code: 'BATCH_SHORT' }]);
});
