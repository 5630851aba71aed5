import { MockActivityEnvironment } from '@temporalio/testing';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createReconciliationActivities } from '../../../activities/batch/store-reconciliation';
import { createDruidClient } from '../../../clients/druid';
import type { DailyBatchResult } from '../../../domain/daily-batch';
import { scratchFolder } from '../../engines/scratch';

const DAY = '2026-11-21';
const VERSION = '0123456789abcdef';
const root = scratchFolder();
const data = join(root, 'data');
const output = join(data, 'events', 'output', '.versions', DAY, VERSION);
const file = join(data, 'events', 'reconciliation', `${DAY}.json`);

beforeAll(async () => {
  await cp('pipelines/events', join(root, 'pipelines', 'events'), { recursive: true });
});
beforeEach(async () => {
  await mkdir(output, { recursive: true });
  await writeFile(join(output, '_manifest.json'), '{"hours":[],"inputs":[],"counts":{},"missingHours":[]}');
});

async function store(before: DailyBatchResult['before'], [rows, distinct, written]: [number, number, number]) {
  const nowhere = 'http://127.0.0.1:1';
  const activities = createReconciliationActivities({
    ...{ druid: createDruidClient({ coordinatorUrl: nowhere, brokerUrl: nowhere }), kafkaOfDruid: { brokers: [] } },
    ...{ pipelines: join(root, 'pipelines'), data, inputSource: () => ({ type: 'local', files: [] }) as const },
  });
  const hours = [{ hour: '00', realtimeRows: rows, realtimeDistinct: distinct, written }];
  const taskId = `daybreak_events_${DAY}_1`;
  const result = { pipeline: 'events', date: DAY, output, taskId, before, hours } as unknown as DailyBatchResult;
  await new MockActivityEnvironment().run(() => activities.storeReconciliation(result));
  return JSON.parse(await readFile(file, 'utf8')) as {
    realtime?: unknown;
    hours: unknown;
    pipelineVersion?: string;
    realtimePipelineVersion?: string;
  };
}

it('keeps what realtime served when a later batch replaces the day, and when a step is tried again', async () => {
  const realtime = [{ hour: '00', rows: 103, distinct: 99, written: 100 }];
  expect((await store('realtime', [103, 99, 100])).realtime).toEqual(realtime);
  expect((await store('realtime', [103, 99, 100])).realtime).toEqual(realtime);
  const later = await store('batch', [100, 100, 107]);
  expect(later.realtime).toEqual(realtime);
  expect(later.hours).toMatchObject([{ realtimeRows: 100, written: 107 }]);
  expect((await store('batch', [107, 107, 107])).realtime).toEqual(realtime);
});

it('keeps what the first run found where the batch leaves realtime’s rows in a datasource of their own', async () => {
  await rm(file, { force: true });
  const realtime = [{ hour: '00', rows: 100, distinct: 100, written: 100 }];
  expect((await store('realtime', [100, 100, 100])).realtime).toEqual(realtime);
  expect((await store('realtime', [100, 100, 110])).realtime).toEqual(realtime);
});

it('says nothing of realtime where no run found its rows alone, and overwrites a file that is broken', async () => {
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, '{"realtime": [{');
  expect(await store('both', [100, 100, 100])).not.toHaveProperty('realtime');
});

it('keeps with which version of the pipeline the rows were made, of the first run and of the last', async () => {
  await rm(file, { force: true });
  const buildWith = (transform: string) =>
    writeFile(
      join(output, '_manifest.json'),
      JSON.stringify({ hours: [], inputs: [], counts: {}, missingHours: [], transform, settings: 's', tables: {} }),
    );
  await buildWith('one');
  const first = await store('realtime', [100, 100, 100]);
  expect(first.realtimePipelineVersion).toMatch(/^[0-9a-f]{12}$/);
  expect(first.pipelineVersion).toBe(first.realtimePipelineVersion);
  await buildWith('two');
  const later = await store('batch', [100, 100, 120]);
  expect(later.realtimePipelineVersion).toBe(first.realtimePipelineVersion);
  expect(later.pipelineVersion).not.toBe(first.pipelineVersion);
});
