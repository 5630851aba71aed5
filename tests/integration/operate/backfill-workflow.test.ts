import { WorkflowFailedError } from '@temporalio/client';
import type { ApplicationFailure } from '@temporalio/common';
import { CancelledFailure } from '@temporalio/common';
import type { DayRun } from '../../../activities/operate/day-runs';
import { backfillId, type BackfillInput, type BackfillProgress, type BackfillResult } from '../../../domain/backfill';
import { businessDateOf, parseBusinessDate, shiftDate } from '../../../domain/business-date';
import { dailyBatchId } from '../../../domain/daily-batch';
import { dateAttribute, pipelineAttribute } from '../../../domain/search-attributes';
import { endAll } from '../support/end-all';
import { ownPipeline, type OwnPipeline } from '../support/own-pipeline';
import { useStack } from '../support/stack';
import { startStubWorker, type StubWorker } from './stub-worker';
import { until } from '../support/until';

useStack();

let pipeline: OwnPipeline;
let worker: StubWorker;

beforeAll(async () => {
  pipeline = await ownPipeline();
  worker = await startStubWorker(pipeline);
});

afterAll(() =>
  endAll(
    () => worker.stop(),
    () => pipeline.remove(),
  ),
);

function start(input: Omit<BackfillInput, 'pipeline'>) {
  return worker.client.workflow.start('backfill', {
    taskQueue: worker.taskQueue,
    workflowId: backfillId(pipeline.name, input.from, input.to),
    args: [{ pipeline: pipeline.name, ...input } satisfies BackfillInput],
  });
}

async function failureOf(result: Promise<unknown>): Promise<unknown> {
  const thrown: unknown = await result.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return thrown instanceof WorkflowFailedError ? thrown.cause : thrown;
}

/** The largest number of runs that were under way at the same time. */
function mostAtOnce(runs: readonly DayRun[]): number {
  const edges = runs.flatMap(({ startedAt, closedAt = '' }) => [
    { at: startedAt, change: 1 },
    { at: closedAt, change: -1 },
  ]);
  let [now, most] = [0, 0];
  for (const { change } of edges.sort((a, b) => (a.at === b.at ? a.change - b.change : a.at < b.at ? -1 : 1))) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}

it('runs 400 days exactly once, a bounded number at once, across continuations, whatever some of them do', async () => {
  const from = '2024-01-15';
  const wanted = Array.from({ length: 400 }, (_, index) => shiftDate(parseBusinessDate(from), index));
  const to = wanted.at(-1)!;
  const refused = wanted.filter((date) => date.endsWith('-13'));
  const handle = await start({ from, to, parallel: 10, only: 'all', daysPerRun: 150 });

  const failure = await failureOf(handle.result());

  expect(failure).toMatchObject({ type: 'DAYS_FAILED' });
  const result = (failure as ApplicationFailure).details![0] as BackfillResult;
  expect(result).toMatchObject({ requested: 400, completed: 400, replaced: 400 - refused.length, running: [] });
  expect(result.failed.map(({ date, outcome }) => [date, outcome])).toEqual(
    refused.map((date) => [date, 'refused:MISSING_HOURS']),
  );
  expect(result.days.map(({ date }) => date)).toEqual(wanted);
  await until('every run', async () => (await worker.runs(from, to)).length >= 400);
  const runs = await worker.runs(from, to);
  expect(runs.map(({ date }) => date).sort()).toEqual(wanted);
  expect(mostAtOnce(runs)).toBeLessThanOrEqual(10);
  const last = await worker.client.workflow.getHandle(handle.workflowId).describe();
  expect(last.runId).not.toBe(handle.firstExecutionRunId);
});

it('waits for a day that runs already and does not start it again', async () => {
  const date = '2026-04-01';
  const byHand = await worker.client.workflow.start('dailyBatch', {
    taskQueue: worker.taskQueue,
    workflowId: dailyBatchId(pipeline.name, date),
    args: [{ pipeline: pipeline.name, date }],
    typedSearchAttributes: [
      { key: pipelineAttribute, value: pipeline.name },
      { key: dateAttribute, value: date },
    ],
  });
  const handle = await start({ from: '2026-03-30', to: date, only: 'all' });
  await until('two days', async () => (await handle.query<BackfillProgress>('progress')).completed === 2);
  expect(await handle.query<BackfillProgress>('progress')).toMatchObject({ requested: 3, running: [date] });

  await byHand.terminate();

  const failure = await failureOf(handle.result());
  const { failed } = (failure as ApplicationFailure).details![0] as BackfillResult;
  expect(failed).toMatchObject([{ date, outcome: 'failed:TERMINATED', joined: true }]);
  expect(failed[0]?.reason).toContain('somebody terminated the run');
  expect(await worker.runs(date, date)).toHaveLength(1);
});

it('ends its running days before it is cancelled itself, and starts no other', async () => {
  const [from, to] = ['2026-04-02', '2026-04-10'];
  const handle = await start({ from, to, parallel: 3, only: 'all' });
  await until('three runs', async () => (await worker.runs(from, to)).length === 3);

  await handle.cancel();

  expect(await failureOf(handle.result())).toBeInstanceOf(CancelledFailure);
  for (const day of ['2026-04-02', '2026-04-03', '2026-04-04']) {
    const { status } = await worker.client.workflow.getHandle(dailyBatchId(pipeline.name, day)).describe();
    expect(status.name).toBe('CANCELLED');
  }
  expect(await worker.runs(from, to)).toHaveLength(3);
});

it('refuses a range that is not over, before a day is touched', async () => {
  const today = businessDateOf(new Date(), 'UTC');
  const handle = await start({ from: shiftDate(today, -2), to: shiftDate(today, 2), only: 'all' });
  const failure = (await failureOf(handle.result())) as Error;
  expect(String(failure.cause)).toContain('is not over yet');
});
