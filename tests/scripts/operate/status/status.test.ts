import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readPipelineFolder } from '../../../../scripts/operate/pipeline-folder';
import { pollStatus } from '../../../../scripts/operate/status/status';
import { readConfig } from '../../../../worker/config';
import * as connect from '../../../../worker/connect';
import { NO_SERVERS } from '../../cli/run-daybreak';

jest.mock('../../../../worker/connect', () => {
  const actual = jest.requireActual<typeof connect>('../../../../worker/connect');
  return { ...actual, withClient: jest.fn(actual.withClient) };
});

it('waits once for a Temporal that is away, and shows the rest', async () => {
  const data = await mkdtemp(join(tmpdir(), 'daybreak-status-'));
  try {
    const config = readConfig({ ...NO_SERVERS, DAYBREAK_DATA: data, DAYBREAK_STACK: join(data, 'none') });
    const folder = await readPipelineFolder(config, 'events');
    const status = await pollStatus(config, { pipeline: 'events', folder, portBase: undefined });
    expect(status).toMatchObject({ temporal: false, speed: undefined, days: [], waiting: [] });
    expect(status.servers.map(({ up }) => up)).toEqual([false, false, false, false]);
    expect(connect.withClient).toHaveBeenCalledTimes(1);
  } finally {
    await rm(data, { recursive: true });
  }
});
