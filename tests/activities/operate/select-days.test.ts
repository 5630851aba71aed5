import type { Client } from '@temporalio/client';
import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { selectDays } from '../../../activities/operate/select-days';
import { shiftDate } from '../../../domain/business-date';
import { DAY, scratchFolder } from '../../engines/scratch';

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
