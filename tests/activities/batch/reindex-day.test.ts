import { MockActivityEnvironment } from '@temporalio/testing';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedPath } from '../../../activities/batch/input-source';
import { createReindexActivities } from '../../../activities/batch/reindex-day';
import type { DruidClient, TaskStatus } from '../../../clients/druid';
import { parseBusinessDate } from '../../../domain/business-date';
import { dayPlan, type BuiltDay } from '../../../domain/daily-batch';
import { DaybreakError } from '../../../domain/errors';
import { loadPipeline } from '../../../engines/load-pipeline';

const date = parseBusinessDate('2026-11-21');
const counts = { read: 1, kept: 1, duplicates: 0, quarantined: 0, outsideDay: 0 };
const HOUR = { hour: '07', written: 1, duplicates: 0, unmatched: 0, misfiled: 0, file: '07.ndjson' };

let data: string;
let folder: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'daybreak-reindex-'));
  folder = join(data, 'events', 'output', '.versions', date, '0123456789abcdef');
  await mkdir(folder, { recursive: true });
  const hours = [{ ...HOUR, bytes: 1, sha256: '' }];
  await writeFile(join(folder, '_manifest.json'), JSON.stringify({ hours, inputs: [], counts, missingHours: [] }));
  await writeFile(join(folder, '07.ndjson'), '{}\n');
});
afterEach(() => rm(data, { recursive: true }));

it('waits for a task that has no slot yet where Druid does not tell its slots', async () => {
  const { pipeline } = await loadPipeline('pipelines/events');
  const created = { createdTime: '2026-11-22T00:00:00.000Z' };
  const states: Partial<TaskStatus>[] = [
    { status: 'RUNNING', runnerStatusCode: 'PENDING', ...created },
    { status: 'SUCCESS', ...created },
  ];
  let submitted = false;
  const tasks = {
    status: (id: string) => Promise.resolve(submitted ? { id, ...states.shift() } : undefined),
    sample: () => Promise.resolve(1),
    submit: () => {
      submitted = true;
      return Promise.resolve('submitted');
    },
    slots: () => Promise.reject(new DaybreakError('DRUID_REFUSED', { what: '403', remedy: '' })),
  };
  const activities = createReindexActivities({
    ...{ druid: { tasks } as unknown as DruidClient, kafkaOfDruid: { brokers: [] }, pipelines: 'pipelines', data },
    inputSource: sharedPath,
  });
  const built: BuiltDay = { folder, counts, missingHours: [], hours: [], sources: {} };
  const environment = new MockActivityEnvironment();
  await expect(environment.run(() => activities.reindexDay(dayPlan(pipeline, date), built))).resolves.toMatchObject(
    created,
  );
});
