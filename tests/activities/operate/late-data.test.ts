import { MockActivityEnvironment } from '@temporalio/testing';
import { symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createOperateActivities } from '../../../activities/operate';
import { businessDateOf, shiftDate } from '../../../domain/business-date';
import type { LateDataDecision } from '../../../domain/late-data';
import { runDayBuild } from '../../../engines/build-day';
import { event, lines, loadExample, scratchFolder, writeFiles } from '../../engines/scratch';
import { NO_WEBHOOKS } from './no-webhooks';

const data = scratchFolder();

it('decides about every other day although the files of one cannot be compared', async () => {
  const loaded = await loadExample('events');
  const { pipeline } = loaded;
  const folder = join(data, pipeline.name);
  const today = businessDateOf(new Date(), pipeline.timeZone);
  const [broken, refused, changed] = [shiftDate(today, -3), shiftDate(today, -4), shiftDate(today, -5)];
  const name = (hour: string, date = changed): string => `names.${date.replaceAll('-', '')}.${hour}.json`;
  const at = (hour: string): string => `${changed} ${hour}:00:00`;
  await writeFiles(join(folder, 'input'), { [name('07')]: lines(event(1, at('07'))) });
  const [input, output] = [join(folder, 'input'), join(folder, 'output')];
  await runDayBuild(loaded, { date: changed, input, output, engine: 'duckdb' });
  await writeFiles(input, { [name('09')]: lines(event(2, at('09'))) });
  await symlink('/etc/hostname', join(input, name('07', broken)));
  await writeFiles(join(output, '.versions'), { [refused]: 'a file in the place of its versions' });

  const activities = createOperateActivities({ ...NO_WEBHOOKS, pipelines: 'pipelines', data });
  const found: LateDataDecision[] = [];
  const again: LateDataDecision[] = [];
  await new MockActivityEnvironment({ attempt: 20 }).run(async () => {
    found.push(...(await activities.findLateData({ pipeline: pipeline.name })));
    again.push(...(await activities.findLateData({ pipeline: pipeline.name, date: changed })));
  });
  expect(found.map(({ date }) => date)).toEqual([-1, -2, -3, -4, -5, -6, -7].map((days) => shiftDate(today, days)));
  expect(found.find(({ date }) => date === broken)).toMatchObject({
    decision: 'unknown',
    because: expect.stringMatching(/UNREADABLE_INPUT: .*out of the input folder/) as string,
  });
  expect(found.find(({ date }) => date === refused)).toMatchObject({
    decision: 'unknown',
    because: expect.stringContaining('STORAGE_REFUSED') as string,
  });
  expect(found.find(({ date }) => date === changed)).toMatchObject({ decision: 'wait', lateRows: 1 });
  expect(again).toEqual(found.filter(({ date }) => date === changed));
});
