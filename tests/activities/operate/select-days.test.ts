import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createOperateActivities } from '../../../activities/operate';
import { selectDays } from '../../../activities/operate/select-days';
import { shiftDate } from '../../../domain/business-date';
import { DAY, scratchFolder } from '../../engines/scratch';
import { NO_WEBHOOKS } from './no-webhooks';

const data = scratchFolder();
/** It is asked only about days whose last run failed. */
const NO_CLIENT = {} as unknown as Client;

it.each(['missing', 'changed'] as const)('selects a day whose file cannot be read, of the %s days', async (only) => {
  const input = join(data, 'events', 'input');
  await mkdir(input, { recursive: true });
  const link = join(input, 'names.20261121.07.json');
  await symlink('/nowhere', link).catch(() => undefined);

  const [from, to] = [shiftDate(DAY, -2), shiftDate(DAY, 2)];
  const selected = await selectDays(
    NO_CLIENT,
    { pipelines: 'pipelines', data },
    { pipeline: 'events', from, to, only },
  );
  expect(selected).toContain(DAY);
  expect(selected.length).toBe(only === 'missing' ? 5 : 1);
});

it('goes on where the attempt before ended, whose decisions its heartbeats hold', async () => {
  const [from, to] = [shiftDate(DAY, -2), shiftDate(DAY, 2)];
  const activities = createOperateActivities({ ...NO_WEBHOOKS, pipelines: 'pipelines', data });
  const client = { withAbortSignal: (_: AbortSignal, work: () => unknown) => work() } as unknown as Client;
  const selected = async (heartbeatDetails: unknown): Promise<unknown> =>
    new MockActivityEnvironment({ attempt: 2, heartbeatDetails }, { client }).run(() =>
      activities.selectBackfillDays({ pipeline: 'events', from, to, only: 'missing' }),
    );
  expect(await selected({ decided: '010' })).toEqual([shiftDate(DAY, -1), shiftDate(DAY, 1), to]);
  for (const details of [undefined, 'selecting the days', { decided: 'x' }]) {
    expect(await selected(details)).toHaveLength(5);
  }
});
