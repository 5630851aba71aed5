import { MockActivityEnvironment } from '@temporalio/testing';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProofActivities } from '../../../activities/batch/prove-day';
import type { DruidClient, TaskStatus } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan, type BuiltDay, type DayProof } from '../../../domain/daily-batch';
import { completeCounts } from '../../../domain/day-manifest';
import { loadPipeline } from '../../../engines/load-pipeline';

const date = parseBusinessDate('2026-11-21');
const ROW = { time: '2026-11-21 07:00:00', user_id: 1, user_name: 'Ada', hello: 'hi', uid: 1 };

const TEXT = `${JSON.stringify(ROW)}\n`;
const FILE = { file: '07.ndjson', bytes: TEXT.length, sha256: createHash('sha256').update(TEXT).digest('hex') };
const OUTPUT = { hour: '07', written: 1, duplicates: 0, unmatched: 0, misfiled: 0, ...FILE };

let data: string;
let folder: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-prove-'));
  folder = join(data, 'events', 'output', '.versions', date, '0123456789abcdef');
  await mkdir(folder, { recursive: true });
  const hours = [OUTPUT];
  const counts = { read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 };
  await writeFile(join(folder, '_manifest.json'), JSON.stringify({ hours, inputs: [], counts, missingHours: [] }));
  await writeFile(join(folder, '07.ndjson'), TEXT);
});
afterEach(() => rm(data, { recursive: true }));

const RUN = 'a-run';
const SUCCESS: Partial<TaskStatus> = { status: 'SUCCESS' };

interface Proving {
  /** The datasource when the run began. That of pipeline.yaml is events_names. Default: the same. */
  readonly datasource?: string;
  readonly taskId?: string;
  /** What Druid reports about the task. Default: nothing. */
  readonly task?: Partial<TaskStatus>;
  /** Whether Druid has no segment of the day. Default: it has one. */
  readonly isUnserved?: boolean;
}

/** A Druid that says it serves the segment, but whose broker returns no rows for the first `emptyAnswers` requests. */
async function prove(emptyAnswers: number, { datasource, taskId = 'task', task, isUnserved = false }: Proving = {}) {
  const { pipeline } = await loadPipeline('pipelines/events');
  const plan = dayPlan(pipeline, date);
  const given = datasource === undefined ? plan : { ...plan, datasource, realtimeDatasource: datasource };
  const queried: string[] = [];
  const segment = { ...plan.interval, id: 'a', version: '2026-11-22T01:00:00.000Z', rows: 1 };
  let answers = 0;
  const queries = {
    segments: (of: string) => {
      queried.push(of);
      const served = { ...segment, published: true, available: true, realtime: false, overshadowed: false };
      return Promise.resolve(isUnserved ? [] : [served]);
    },
    segmentColumns: (of: string) => {
      queried.push(of);
      return Promise.resolve([]);
    },
    sqlLines: async function* (query: string) {
      queried.push(/ FROM "(\w+)"/.exec(query)?.[1] ?? '');
      // The seventh hour of the day in Seoul.
      const isSeen = query.includes("__time >= TIMESTAMP '2026-11-20 22:00:00.000'") && (answers += 1) > emptyAnswers;
      await Promise.resolve();
      if (isSeen) yield Buffer.from(TEXT);
    },
  };
  const activities = createProofActivities({
    ...{
      druid: { queries, tasks: { status: () => Promise.resolve(task) } } as unknown as DruidClient,
      kafkaOfDruid: { brokers: [] },
      pipelines: 'pipelines',
      data,
    },
    inputSource: () => ({}) as never,
  });
  const built: BuiltDay = {
    folder,
    counts: completeCounts({ read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 }, [OUTPUT]),
    ...{ missingHours: [], hours: [OUTPUT], sources: {} },
  };
  const reindexed = { taskId, createdTime: '2026-11-22T00:00:00.000Z' };
  const environment = new MockActivityEnvironment({
    workflowExecution: { workflowId: 'daily-batch/events', runId: RUN },
  });
  let proof: DayProof | undefined;
  await environment.run(async () => {
    proof = await activities.proveDay(given, built, reindexed);
  });
  return { proof, answers, queried: [...new Set(queried)] };
}

it.each([1, 3])(
  'compares again where the broker answers before it has all of the segments that it names: %i times',
  async (times) => {
    const { proof, answers } = await prove(times);
    expect(proof?.hours).toMatchObject([{ hour: '07', batchRows: 1, druidRows: 1 }]);
    expect(answers).toBe(times + 1);
  },
);

it('fails where the rows stay different', async () => {
  await expect(prove(100)).rejects.toMatchObject({ code: 'PROOF_FAILED' });
});

it('proves a batch without rows where Druid had no segment to replace', async () => {
  const counts = { read: 0, kept: 0, duplicates: 0, quarantined: 0, outsideDay: 0 };
  const hours = [{ ...OUTPUT, written: 0, bytes: 0, sha256: createHash('sha256').digest('hex') }];
  await writeFile(join(folder, '_manifest.json'), JSON.stringify({ hours, inputs: [], counts, missingHours: [] }));
  await writeFile(join(folder, '07.ndjson'), '');
  const { proof } = await prove(100, { isUnserved: true });
  expect(proof).toMatchObject({ segments: 0, version: '', hours: [{ hour: '07', batchRows: 0, druidRows: 0 }] });
});

describe('where pipeline.yaml names another datasource than when the run began', () => {
  const edited = { datasource: 'before', taskId: `daybreak_before_${date}_${RUN}_1` };

  it('proves the one that the run has replaced', async () => {
    const { proof, queried } = await prove(0, { ...edited, task: { ...SUCCESS, dataSource: 'before' } });
    expect(proof?.hours).toMatchObject([{ hour: '07', batchRows: 1, druidRows: 1 }]);
    expect(queried).toEqual(['before']);
  });

  it.each<[string, Proving]>([
    ['a task that Druid does not know', edited],
    ['a task of another datasource', { ...edited, task: { ...SUCCESS, dataSource: 'payroll' } }],
    ['a task that failed', { ...edited, task: { status: 'FAILED', dataSource: 'before' } }],
    [
      'a task of another run',
      { ...edited, taskId: `daybreak_before_${date}_other_1`, task: { ...SUCCESS, dataSource: 'before' } },
    ],
    [
      'a task of another day',
      { ...edited, taskId: `daybreak_before_2026-11-20_${RUN}_1`, task: { ...SUCCESS, dataSource: 'before' } },
    ],
  ])('takes no word for it: %s', async (_, changed) => {
    await expect(prove(0, changed)).rejects.toMatchObject({
      code: 'BAD_PIPELINE',
      remedy: expect.stringContaining('Run the day again') as string,
    });
  });
});
