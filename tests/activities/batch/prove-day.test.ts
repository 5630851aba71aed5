import { MockActivityEnvironment } from '@temporalio/testing';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProofActivities } from '../../../activities/batch/prove-day';
import type { DruidClient } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan, type BuiltDay, type DayProof } from '../../../domain/daily-batch';
import { completeCounts } from '../../../domain/day-manifest';
import { loadPipeline } from '../../../engines/load-pipeline';

const date = parseBusinessDate('2026-11-21');
const ROW = { time: '2026-11-21 07:00:00', user_id: 1, user_name: 'Ada', hello: 'hi', uid: 1 };

const OUTPUT = { hour: '07', written: 1, duplicates: 0, unmatched: 0, misfiled: 0, file: '07.ndjson' };

let data: string;
let folder: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-prove-'));
  folder = join(data, 'events', 'output', '.versions', date, '0123456789abcdef');
  await mkdir(folder, { recursive: true });
  const hours = [{ ...OUTPUT, bytes: 1, sha256: '' }];
  const counts = { read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 };
  await writeFile(join(folder, '_manifest.json'), JSON.stringify({ hours, inputs: [], counts, missingHours: [] }));
  await writeFile(join(folder, '07.ndjson'), `${JSON.stringify(ROW)}\n`);
});
afterEach(() => rm(data, { recursive: true }));

/** A Druid whose broker gives no rows the first `emptyAnswers` times, although it says that it serves the segment. */
async function prove(emptyAnswers: number) {
  const { pipeline } = await loadPipeline('pipelines/events');
  const plan = dayPlan(pipeline, date);
  const segment = { ...plan.interval, id: 'a', version: '2026-11-22T01:00:00.000Z', rows: 1 };
  let answers = 0;
  const queries = {
    segments: () =>
      Promise.resolve([{ ...segment, published: true, available: true, realtime: false, overshadowed: false }]),
    hasDatasource: () => Promise.resolve(true),
    sqlToFile: (_query: string, file: string) => {
      const isSeen = file.endsWith('/07.ndjson') && (answers += 1) > emptyAnswers;
      return writeFile(file, isSeen ? `${JSON.stringify(ROW)}\n` : '');
    },
  };
  const activities = createProofActivities({
    ...{
      druid: { queries } as unknown as DruidClient,
      kafkaOfDruid: { brokers: [] },
      pipelines: 'pipelines',
      data,
    },
    inputSource: () => ({}) as never,
  });
  const built: BuiltDay = {
    folder,
    counts: completeCounts({ read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 }, [OUTPUT]),
    ...{ missingHours: [], hours: [{ ...OUTPUT, bytes: 1, sha256: '' }], sources: {} },
  };
  const reindexed = { taskId: 'task', createdTime: '2026-11-22T00:00:00.000Z' };
  const environment = new MockActivityEnvironment();
  let proof: DayProof | undefined;
  await environment.run(async () => {
    proof = await activities.proveDay(plan, built, reindexed);
  });
  return { proof, answers };
}

it('compares again where the broker answers before it has all of the segments that it names', async () => {
  const { proof, answers } = await prove(1);
  expect(proof?.hours).toMatchObject([{ hour: '07', batchRows: 1, druidRows: 1 }]);
  expect(answers).toBe(2);
});

it('fails where the rows stay different', async () => {
  await expect(prove(100)).rejects.toMatchObject({ code: 'PROOF_FAILED' });
});
